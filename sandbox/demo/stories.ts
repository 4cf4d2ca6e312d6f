import { Argument, Command } from "commander";

/** A demo: what it is for, and how long it takes once the sandbox's tools are built. */
export interface StoryFacts {
  readonly what: string;
  /** Text such as "3 minutes". */
  readonly takes: string;
  /** How much longer the first run takes, because it builds the tools. */
  readonly firstTime: string;
}

/** The demos by name. The first one is the default. */
export const storyFacts = {
  stanza: {
    what: "finds Crunchy PGO clusters without a stanza and repairs them, by hand and with Pulumi",
    takes: "about 2 minutes",
    firstTime: "about 20 minutes",
  },
  harbor: {
    what: "loses Harbor's database with its namespace, and restores it from S3 twice: to the end, and to a moment between two writes",
    takes: "about 4 minutes",
    firstTime: "about 35 minutes",
  },
} as const satisfies Readonly<Record<string, StoryFacts>>;

export type StoryName = keyof typeof storyFacts;

const names = Object.keys(storyFacts) as StoryName[];

/** What is said before a demo starts. */
export function announcement(name: StoryName): string {
  const { firstTime, takes, what } = storyFacts[name];
  return `This demo ${what}.\nIt takes ${takes}; the first time ${firstTime} more, because the sandbox's tools are built.`;
}

/**
 * `npm run demo`: reads which demo is wanted, and runs it.
 *
 * @param run called with the demo's name; not called for --help or a wrong argument.
 */
export function demoProgram(run: (name: StoryName) => Promise<void>): Command {
  const width = Math.max(...names.map(({ length }) => length));
  const lines = names.map((name) => {
    const { firstTime, takes, what } = storyFacts[name];
    return `  ${name.padEnd(width)}  ${what}\n  ${" ".repeat(width)}  (${takes}; the first time ${firstTime} more)`;
  });
  return new Command("npm run demo --")
    .description("Shows the program at work on real parts, in a sandbox on this machine, which stays up afterwards.")
    .addArgument(new Argument("[story]", "which demo").choices(names).default(names[0]))
    .addHelpText(
      "after",
      `
Demos:
${lines.join("\n")}

Examples:
  npm run demo
  npm run demo -- harbor
  npm run sandbox -- down   # afterwards: stops everything and removes the sandbox's folder

^C ends a demo. If the demo has started the sandbox, it also stops it.`,
    )
    .action(run);
}

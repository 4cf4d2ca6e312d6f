import { CommanderError } from "commander";
import { isSandbox, sandboxDirectory } from "../host/directory.ts";
import { down } from "../sandbox.ts";
import { harborStory } from "./harbor.ts";
import { Stage } from "./stage.ts";
import { stanzaStory } from "./stanza.ts";
import { announcement, demoProgram, type StoryName } from "./stories.ts";

const stories = { stanza: stanzaStory, harbor: harborStory } as const satisfies Record<StoryName, unknown>;
const exitCodes = { failed: 1, usage: 2, interrupted: 130 };

const directory = sandboxDirectory();
const interruption = new AbortController();
const complain = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

function interrupt(): void {
  if (interruption.signal.aborted) return;
  complain("\ninterrupted: ending the current step, then cleaning up");
  interruption.abort();
}

async function perform(name: StoryName): Promise<void> {
  const wasUp = await isSandbox(directory);
  const stage = new Stage(directory, interruption.signal);
  const started = performance.now();
  stage.tell(announcement(name));
  try {
    await stories[name](stage);
    stage.tell(`\nThis took ${((performance.now() - started) / 1000).toFixed(0)} s. The sandbox is still up.`);
  } catch (error) {
    await stage.close();
    if (interruption.signal.aborted) await endInterrupted(wasUp);
    else failed(error);
  }
}

async function endInterrupted(wasUp: boolean): Promise<void> {
  process.exitCode = exitCodes.interrupted;
  if (wasUp) {
    complain("the sandbox was up before and still is; stop it with: npm run sandbox -- down");
    return;
  }
  await down(directory, complain);
  complain(`the sandbox is down; nothing is left in ${directory}`);
}

function failed(error: unknown): void {
  process.exitCode = exitCodes.failed;
  complain(`error: ${error instanceof Error ? error.message : String(error)}`);
  complain("the sandbox is as the failure left it: npm run sandbox -- status; stop it with: npm run sandbox -- down");
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
try {
  await demoProgram(perform).exitOverride().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
}

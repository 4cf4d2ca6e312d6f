import type { CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { KubernetesTarget } from "../../clients/kubernetes/api.ts";

/** One possible word, and what it is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What may come next on a command line. `prefix` stands before it in the same word, such as `--context=`. */
export type Expected = { readonly prefix: string } & (
  | { readonly kind: "words"; readonly words: readonly Candidate[] }
  | { readonly kind: "files" | "stacks" }
  | { readonly kind: "contexts" | "namespaces" | ClusterKind; readonly target: KubernetesTarget }
);
export type ClusterKind = "PostgresCluster" | "HarborCluster";

/**
 * The words of a command line up to the cursor, as a shell would read them, with quotes and backslashes removed. The last
 * one is what is being typed; it is empty after a space.
 *
 * @example commandWords("stanza create --skip-dump 'an hour ago' cal") // → ["stanza", "create", "--skip-dump", "an hour ago", "cal"]
 * @example commandWords("dump ") // → ["dump", ""]
 */
export function commandWords(line: string): string[] {
  const words = line.match(/(?:'[^']*'?|"(?:\\.|[^"\\])*"?|\\.|[^\s'"\\])+/gs) ?? [];
  const read = words.map((word) =>
    word.replaceAll(
      /'([^']*)'?|"((?:\\.|[^"\\])*)"?|\\(.)/gs,
      (_, single?: string, double?: string, escaped?: string) => {
        if (single !== undefined) return single;
        return double === undefined ? (escaped ?? "") : double.replaceAll(/\\(["\\$`])/g, "$1");
      },
    ),
  );
  return /(^|\s)$/.test(line) && !/\\\s$/.test(line) ? [...read, ""] : read;
}

/** What may come at the cursor, after the name of the program. */
export function expectedAt(root: CommandUnknownOpts, words: readonly string[]): Expected {
  const typed = words.at(-1) ?? "";
  const state = walk(root, words.slice(0, -1));
  if (state.awaiting !== undefined) return valuesOf(state, state.awaiting, "");
  const [name = ""] = typed.split("=", 1);
  if (typed.startsWith("--") && typed.includes("=")) {
    const option = optionOf(state.command, name);
    return option === undefined ? wordsOf([]) : valuesOf(state, option, `${name}=`);
  }
  if (typed.startsWith("-")) return wordsOf(optionsOf(state));
  if (state.command.commands.length > 0) return wordsOf(state.arguments === 0 ? commandsOf(state.command) : []);
  const clusters = clusterKind(state.command);
  if (clusters === undefined || state.arguments >= state.command.registeredArguments.length)
    return argumentWords(state);
  return { kind: clusters, target: state.target, prefix: "" };
}

function wordsOf(candidates: readonly Candidate[], prefix = ""): Expected {
  return { kind: "words", words: candidates, prefix };
}

interface State {
  readonly command: CommandUnknownOpts;
  /** The option whose value comes next. */
  readonly awaiting: Option | undefined;
  /** How many arguments, besides options, were given. */
  readonly arguments: number;
  readonly given: ReadonlySet<string>;
  readonly target: KubernetesTarget;
}

function walk(root: CommandUnknownOpts, words: readonly string[]): State {
  let state: State = {
    command: root,
    awaiting: undefined,
    arguments: 0,
    given: new Set(),
    target: { context: undefined },
  };
  for (const word of words) state = after(state, word);
  return state;
}

function after(state: State, word: string): State {
  if (state.awaiting !== undefined) {
    return { ...withValue(state, state.awaiting, word), awaiting: undefined };
  }
  if (word.startsWith("-") && word !== "-") {
    const [name = ""] = word.split("=", 1);
    const option = optionOf(state.command, name);
    if (option === undefined) return state;
    const given = new Set([...state.given, option.long ?? name]);
    if (word.includes("=")) return withValue({ ...state, given }, option, word.slice(name.length + 1));
    return { ...state, given, awaiting: takesValue(option) ? option : undefined };
  }
  const command = state.command.commands.find((one) => one.name() === word);
  return command === undefined ? { ...state, arguments: state.arguments + 1 } : { ...state, command };
}

function withValue(state: State, option: Option, value: string): State {
  if (option.long === "--context") return { ...state, target: { ...state.target, context: value } };
  if (option.long === "--kubeconfig") return { ...state, target: { ...state.target, kubeconfig: value } };
  return state;
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function optionOf(command: CommandUnknownOpts, name: string): Option | undefined {
  return command.options.find(({ short, long }) => name === short || name === long);
}

const fileOptions = new Set(["--kubeconfig", "--dump-directory", "--directory", "--state", "--from", "--html"]);

function valuesOf({ target }: State, option: Option, prefix: string): Expected {
  if (option.long === "--context") return { kind: "contexts", target, prefix };
  if (option.long === "--stack") return { kind: "stacks", prefix };
  if (option.long === "--namespace") return { kind: "namespaces", target, prefix };
  if (fileOptions.has(option.long ?? "")) return { kind: "files", prefix };
  return wordsOf(choicesOf(option), prefix);
}

/** Those that were not given yet. */
function optionsOf({ command, given }: State): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long !== undefined && !given.has(long))
    .map(({ long = "", description }) => ({ value: long, description }));
}

function commandsOf(command: CommandUnknownOpts): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: one.description() }));
}

function argumentWords({ command, arguments: count }: State): Expected {
  return wordsOf(choicesOf(command.registeredArguments[count] ?? {}));
}

function choicesOf({ argChoices = [] }: { readonly argChoices?: readonly string[] | undefined }): Candidate[] {
  return argChoices.map((value) => ({ value, description: "" }));
}

/** Which clusters a command takes; undefined for a command that takes none. */
function clusterKind(command: CommandUnknownOpts): ClusterKind | undefined {
  if (!command.registeredArguments.some((argument) => argument.name() === "cluster")) return undefined;
  const group = command.parent?.name();
  return group === "stanza" || command.name() === "dump" ? "PostgresCluster" : "HarborCluster";
}

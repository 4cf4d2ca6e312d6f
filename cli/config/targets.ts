import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { ConfigTargetsReport, Proposal } from "../../domain/stack/config-edit.ts";
import { proposalVerdict, proposedTargets, uncovered, type DeclaredTargets } from "../../domain/stack/targets.ts";
import { visibleJson, visibleLine } from "../../domain/visible-text.ts";
import { scanStanzas } from "../../operations/stanza/list.ts";
import type { Settings } from "../../settings/schema.ts";
import { verdictExitCode } from "../exit-codes.ts";
import type { CommonOptions } from "../options.ts";
import { outputWidth, printText } from "../output.ts";
import { openSession } from "../session.ts";
import { fittedTable, painted } from "../table.ts";
import { editedStack, openedStack, settingsIn, writtenStack, type EditOptions, type OpenedStack } from "./edited.ts";
import { filesOf, projectAt, shownPath, theFileOf, type PulumiProject } from "./project.ts";

export interface ConfigTargetsOptions extends CommonOptions, EditOptions {
  readonly stack?: string | undefined;
  readonly namespace?: string | undefined;
  readonly timeout: Duration;
  readonly concurrency: number;
  readonly write?: true | undefined;
}

/** A stack file with its settings. */
interface ReadStack {
  readonly opened: OpenedStack;
  readonly settings: Settings;
}

/** `postgres-recovery config targets`; the result is the exit code. */
export async function configTargets(options: ConfigTargetsOptions): Promise<number> {
  const project = await projectAt(process.cwd());
  const stacks = await readStacks(project);
  const named = options.stack === undefined ? undefined : theStack(stacks, project, options.stack);
  const access = named?.settings.kubernetes;
  const session = await openSession({
    ...options,
    context: options.context ?? access?.context,
    kubeconfig: options.kubeconfig ?? (options.context === undefined ? access?.kubeconfig : undefined),
    kubeSystemUid: options.kubeSystemUid ?? (options.context === undefined ? access?.kubeSystemUid : undefined),
  });
  const { context } = session.client;
  const here = stacks.filter(({ settings }) => settings.kubernetes.context === context);
  const scan = {
    namespace: options.namespace,
    concurrency: options.concurrency,
    timeLimit: options.timeout,
    allowed: [],
  };
  const entries = await scanStanzas(session.client, scan, session.surroundings);
  const isWhole = options.namespace === undefined;
  const clusters = proposedTargets(entries, here.map(declared), { isWhole });
  const proposed = clusters.filter(({ proposal }) => proposal === "proposed").map(({ cluster }) => cluster);
  const found = {
    version: 1 as const,
    context,
    stacks: here.map(({ opened }) => opened.stack),
    clusters,
    uncovered: uncovered(clusters),
  };
  const edited =
    options.write === true && proposed.length > 0
      ? await added(proposed, toEdit(named, here, context), options, session.surroundings.signal)
      : ({ file: null, outcome: "none", diff: "" } as const);
  const report: ConfigTargetsReport = { ...found, ...edited };
  const text = options.output === "json" ? visibleJson(report, 2) : targetsText(report, options.color);
  printText(text, options.color);
  const open = edited.outcome === "written" ? clusters.filter(({ proposal }) => proposal !== "proposed") : clusters;
  return verdictExitCode(open.map(proposalVerdict));
}

async function readStacks(project: PulumiProject): Promise<ReadStack[]> {
  const opened = await Promise.all(filesOf(project, undefined).map((file) => openedStack(project.name, file)));
  // A file that cannot be read may have any target, so that no cluster could be said to be in no stack.
  return opened.map((one) => ({ opened: one, settings: settingsIn(one) }));
}

function theStack(stacks: readonly ReadStack[], project: PulumiProject, stack: string): ReadStack | undefined {
  const [name] = theFileOf(project, stack);
  return stacks.find(({ opened }) => opened.stack === name);
}

function declared({ opened: { stack }, settings }: ReadStack): DeclaredTargets {
  return {
    stack,
    targets: new Map(settings.stanza.targets.map(({ cluster, hold }) => [formatObjectName(cluster), hold])),
  };
}

/** The stack file that gets the new targets. */
function toEdit(named: ReadStack | undefined, here: readonly ReadStack[], context: string): ReadStack {
  const [only, ...others] = here;
  const chosen = named ?? (others.length === 0 ? only : undefined);
  if (chosen?.settings.kubernetes.context === context) return chosen;
  const names = here.map(({ opened }) => opened.stack).join(", ");
  throw new RecoveryError(
    "stack-unreadable",
    `it is not clear which stack gets the targets of the context ${context}`,
    {
      next:
        names === "" ? "create a stack for this context: pulumi stack init NAME" : `name one with --stack: ${names}`,
    },
  );
}

async function added(
  targets: readonly string[],
  { opened }: ReadStack,
  options: ConfigTargetsOptions,
  signal: AbortSignal,
): Promise<Pick<ConfigTargetsReport, "diff" | "file" | "outcome">> {
  const items = targets.map((cluster) => ({ cluster }));
  const edit = editedStack(opened, [{ kind: "append", path: ["stanza", "targets"], items }]);
  const outcome = await writtenStack(opened, edit, options, signal);
  return { file: shownPath(opened.path), outcome, diff: edit.diff };
}

const words: Readonly<Record<Proposal["proposal"], string>> = {
  covered: "covered",
  held: "on hold",
  proposed: "PROPOSED",
  "left-out": "left out",
  unknown: "UNKNOWN",
  missing: "MISSING",
};

/** The proposals for a person, with what to do next. */
export function targetsText(report: ConfigTargetsReport, color: CommonOptions["color"], width = outputWidth()): string {
  const { clusters, context, diff, file, outcome, stacks } = report;
  const rows = clusters.map((each) => [
    each.cluster,
    each.stacks.length === 0 ? "-" : each.stacks.join(", "),
    painted(words[each.proposal], proposalVerdict(each), color),
    each.why,
  ]);
  const proposed = clusters.filter(({ proposal }) => proposal === "proposed").length;
  const none = report.uncovered.length === 0 ? "none" : report.uncovered.join(", ");
  return [
    fittedTable(["CLUSTER", "STACK", "TARGET", "WHY"], rows, { width }),
    "",
    ...(outcome === "dry-run" ? [diff, ""] : []),
    visibleLine(`context ${context}, stacks: ${stacks.length === 0 ? "none" : stacks.join(", ")}`),
    visibleLine(`in no stack: ${none}`),
    ...nextSteps(proposed, { file, outcome, stack: stacks[0] }),
  ].join("\n");
}

function nextSteps(
  proposed: number,
  { file, outcome, stack }: Pick<ConfigTargetsReport, "file" | "outcome"> & { readonly stack: string | undefined },
): string[] {
  if (outcome === "written") {
    return [
      visibleLine(`${file ?? ""}: ${counted(proposed)} added`),
      `next: see what up would do: pulumi preview --stack ${stack ?? ""}`,
    ];
  }
  if (proposed === 0) return [];
  return [`next: add ${counted(proposed)} to the stack file: postgres-recovery config targets --write`];
}

function counted(count: number): string {
  return count === 1 ? "1 target" : `${count} targets`;
}

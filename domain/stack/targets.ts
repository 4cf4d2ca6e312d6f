import type { ScanEntry } from "../stanza/list-report.ts";
import { statusDetail, statusText, verdictOf, type Verdict } from "../stanza/status.ts";
import { formatObjectName } from "../kubernetes/object-name.ts";
import { didYouMean } from "../similar.ts";
import type { Proposal } from "./config-edit.ts";

/** The targets of one stack of the project. */
export interface DeclaredTargets {
  readonly stack: string;
  /** By NAMESPACE/CLUSTER; the reason of a target on hold, undefined for the others. */
  readonly targets: ReadonlyMap<string, string | undefined>;
}

/**
 * Which clusters of a context should be targets of a stack, and why the others should not.
 *
 * Only a cluster whose stanza is missing for certain is proposed. What could not be determined is `unknown`, never left out.
 *
 * @param stacks the stacks that are for this context.
 * @param isWhole whether the list has every cluster of the context. Otherwise no target is said to be missing.
 */
export function proposedTargets(
  entries: readonly ScanEntry[],
  stacks: readonly DeclaredTargets[],
  { isWhole }: { readonly isWhole: boolean },
): Proposal[] {
  const names = entries.map(nameOf);
  const listed = [...new Set(stacks.flatMap(({ targets }) => [...targets.keys()]))];
  const missing = isWhole ? listed.filter((cluster) => !names.includes(cluster)) : [];
  return [
    ...entries.map((entry) => proposalOf(entry, stacks)),
    ...missing.map((cluster): Proposal => ({
      cluster,
      proposal: "missing",
      why: ["there is no such cluster in this context", didYouMean(cluster, names)].filter(Boolean).join("; "),
      stacks: stacksWith(cluster, stacks),
      status: null,
    })),
  ];
}

/** Clusters of the context that are a target of no stack. */
export function uncovered(proposals: readonly Proposal[]): string[] {
  return proposals.filter(({ stacks }) => stacks.length === 0).map(({ cluster }) => cluster);
}

/** What a proposal means for the exit code. */
export function proposalVerdict({ proposal, status }: Proposal): Verdict {
  switch (proposal) {
    case "proposed":
    case "missing":
      return "finding";
    case "unknown":
      return "undetermined";
    case "left-out":
      // A broken stanza is left out because a person has to look at it, and it stays a finding.
      return status !== null && verdictOf(status) === "finding" ? "finding" : "okay";
    case "covered":
    case "held":
      return "okay";
  }
}

function proposalOf(entry: ScanEntry, stacks: readonly DeclaredTargets[]): Proposal {
  const cluster = nameOf(entry);
  const having = stacksWith(cluster, stacks);
  const common = { cluster, stacks: having, status: entry.status };
  if (having.length === 0) return { ...common, ...judged(entry) };
  const hold = stacks.map(({ targets }) => targets.get(cluster)).find((reason) => reason !== undefined);
  const what = statusText(entry.status);
  if (hold !== undefined) return { ...common, proposal: "held", why: `${what}; on hold: ${hold}` };
  return { ...common, proposal: "covered", why: what };
}

function judged(entry: ScanEntry): Pick<Proposal, "proposal" | "why"> {
  const { status } = entry;
  const detail = [statusText(status), statusDetail(status)].filter(Boolean).join(": ");
  switch (status.status) {
    case "no-stanza":
      return { proposal: "proposed", why: `${detail}; ${whyNow(entry)}` };
    case "okay":
      return { proposal: "left-out", why: "has its stanza" };
    case "broken":
      return { proposal: "left-out", why: `${detail}; a broken stanza is never created over` };
    case "backups-removed":
      return { proposal: "left-out", why: `${detail}; fill in spec.backups again first` };
    case "not-applicable":
      return { proposal: "left-out", why: `${detail}; no stanza is expected` };
    case "timeout":
    case "unreachable":
    case "no-instance":
    case "unreadable":
      return { proposal: "unknown", why: `${detail}; list again when that is repaired` };
  }
}

function whyNow({ disagreement, paused }: ScanEntry): string {
  if (disagreement !== undefined) return "PGO believes that it exists, so PGO never creates it";
  if (paused === true) return "PGO is paused for this cluster, so PGO does not create it";
  return "a running PGO 5.7 or later creates it within a minute; an older one does not try again";
}

function stacksWith(cluster: string, stacks: readonly DeclaredTargets[]): string[] {
  return stacks.filter(({ targets }) => targets.has(cluster)).map(({ stack }) => stack);
}

function nameOf({ namespace, cluster }: ScanEntry): string {
  return formatObjectName({ namespace, name: cluster });
}

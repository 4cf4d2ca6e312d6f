import { formatObjectName } from "../domain/kubernetes/object-name.ts";
import { flagCodes, type FlagCode } from "../domain/stanza/flag-codes.ts";
import type { Flag } from "../domain/stanza/flags.ts";
import type { ScanEntry } from "../domain/stanza/list-report.ts";
import type { StackTargets } from "../domain/stack/config.ts";
import { becauseAdvice, type StanzaStatus } from "../domain/stanza/status.ts";

const listAgain = "list again: postgres-recovery stanza list";

/**
 * What to do next: one step for each kind of problem, for the first cluster that has it.
 *
 * @param stack whose targets are known. Default: none.
 */
export function nextSteps(entries: readonly ScanEntry[], stack?: StackTargets): string[] {
  return [...statusSteps(entries, stack), ...flagCodes.flatMap((code) => flagSteps(code, entries))];
}

/** `NAMESPACE/CLUSTER` of an entry. */
export function entryName(entry: ScanEntry): string {
  return formatObjectName({ namespace: entry.namespace, name: entry.cluster });
}

function statusSteps(entries: readonly ScanEntry[], stack: StackTargets | undefined): string[] {
  const isTarget = (entry: ScanEntry): boolean => stack?.targets.includes(entryName(entry)) === true;
  const allMissing = entries.filter(({ status }) => status.status === "no-stanza");
  const [target] = allMissing.filter(isTarget);
  const steps = stack === undefined || target === undefined ? [] : [targetStep(entryName(target), stack.stack)];
  const missing = allMissing.filter((entry) => !isTarget(entry));
  // PGO 5.7 and later create a stanza themselves where their status says that it is missing, unless they are paused.
  const [urgent] = missing.filter(({ disagreement, paused }) => disagreement !== undefined || paused === true);
  const [plain] = missing;
  if (urgent !== undefined) {
    steps.push(
      `add the clusters without a stanza to the stack's targets and run \`pulumi up\` (a target that is finished already needs a higher \`attempt\`), or one by hand: postgres-recovery stanza create ${entryName(urgent)}`,
    );
  } else if (plain !== undefined) {
    steps.push(
      `list again in a minute, because a running PGO 5.7 or later creates it by itself; if it stays missing: postgres-recovery stanza create ${entryName(plain)}`,
    );
  }
  const handled = new Set<StanzaStatus["status"]>();
  for (const entry of entries) {
    const step = handled.has(entry.status.status) ? undefined : statusStep(entry);
    if (step === undefined) continue;
    handled.add(entry.status.status);
    steps.push(step);
  }
  return steps;
}

/** A target that is not done yet is done by `up`; one that was lost again is refused, with the way out. */
function targetStep(cluster: string, stack: string): string {
  return `${cluster} is a target of the stack ${stack} already: run \`pulumi up --stack ${stack}\`; if it was done before, raise its \`attempt\` first, or set \`repairAgain: true\``;
}

function statusStep(entry: ScanEntry): string | undefined {
  const { status } = entry;
  const name = entryName(entry);
  switch (status.status) {
    case "broken":
      return `look at the repository of ${name}; a broken stanza is never created over`;
    case "backups-removed":
      return `fill in spec.backups of ${name} again, or authorise the removal of its backups with PGO's annotation`;
    case "timeout":
      return `repair the connection from ${name} to its ${entry.repositoryPlace}, then ${listAgain}`;
    case "unreachable":
      return status.because === undefined
        ? `repair the connection from ${name} to its ${entry.repositoryPlace}, then ${listAgain}`
        : becauseAdvice(status.because);
    case "no-instance":
      return status.because === "restoring"
        ? `when PGO has restored ${name}, ${listAgain}`
        : `see why PGO runs no instance of ${name}`;
    case "unreadable":
      return `correct the PostgresCluster ${name}`;
    case "okay":
    case "no-stanza":
    case "not-applicable":
      return undefined;
  }
}

function flagSteps(code: FlagCode, entries: readonly ScanEntry[]): string[] {
  const flagged = entries.flatMap((entry) =>
    entry.flags.filter((flag) => flag.code === code && flag.allowed !== true).map((flag) => ({ entry, flag })),
  );
  const [first, ...others] = flagged;
  if (first === undefined) return [];
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return [flagStep(first.flag, `${entryName(first.entry)}${more}`)];
}

function flagStep({ code, command = "" }: Flag, clusters: string): string {
  switch (code) {
    case "no-backup":
      return `take a backup of ${clusters}: ${command}`;
    case "backup-unusable":
      return `see who deletes from the repository of ${clusters}, and take a new backup: ${command}`;
    case "wal-missing":
      return `look for "dropped WAL" in pgBackRest's log of ${clusters}, and see where archive_command writes`;
    case "backup-damaged":
      return `keep the backups of ${clusters} from before the damage, and check the database with pg_amcheck`;
    case "backup-old":
      return `see why the backup jobs of ${clusters} fail, or take a backup: ${command}`;
    case "repository-missing":
      return `see in PGO's log why it has not applied the repositories of ${clusters}`;
    case "archiving-off":
      return `see who changed archive_mode or archive_command of ${clusters}; PGO sets both`;
    case "archiver-failing":
    case "archiver-stalled":
      return `run \`pgbackrest --stanza=db check\` on the leader of ${clusters}: it says why WAL is not archived`;
    case "several-identifiers":
      return `find out whose backups the repository of ${clusters} holds before you restore from it`;
    case "no-schedule":
      return `declare schedules in spec.backups.pgbackrest.repos of ${clusters}, or list with --allow no-schedule`;
    case "archiver-unknown":
      return `see why Postgres does not answer in ${clusters}, then ${listAgain}`;
    case "schedule-unreadable":
      return `correct the backup schedule of ${clusters}`;
  }
}

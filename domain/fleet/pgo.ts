import { formatObjectName } from "../kubernetes/object-name.ts";
import { unknowns } from "../stanza/flag-codes.ts";
import type { Flag } from "../stanza/flags.ts";
import type { ScanEntry } from "../stanza/list-report.ts";
import { stanzaName } from "../stanza/postgres-cluster.ts";
import { statusDetail, statusText, statusWord, verdictOf, type StanzaStatus } from "../stanza/status.ts";
import type { FleetCluster } from "./report.ts";

type FleetFinding = FleetCluster["findings"][number];

/**
 * What `stanza list` knows of a cluster, as facts of the fleet. A status other than okay is a finding under its own name, and
 * so is every flag that is not allowed.
 */
export function pgoFacts(entry: ScanEntry, context: string): FleetCluster {
  const { cluster, namespace, status } = entry;
  const repositories = status.status === "okay" ? status.backups.repositories : undefined;
  const newestFull = newestOf(repositories?.map(({ newest }) => newest.full) ?? []);
  return {
    kubernetes: context,
    namespace,
    name: cluster,
    operator: "pgo",
    stanza: stanzaName,
    stanzaStatus: statusWord(status),
    ...(status.status === "not-applicable" && { notExpected: `${statusText(status)}: ${status.reason}` }),
    newestBackup: newestBackup(entry),
    ...(newestFull !== undefined && { newestFullAt: newestFull }),
    ...(repositories !== undefined && { repositories }),
    ...recoveryFacts(entry),
    findings: [...statusFindings(entry), ...entry.flags.filter(({ allowed }) => allowed !== true).map(flagFinding)],
  };
}

function newestBackup({ recovery, status }: ScanEntry): NonNullable<FleetCluster["newestBackup"]> {
  if (status.status !== "okay") {
    // A stanza that is missing in one repository says nothing of the others.
    return recovery?.lossNow.what === "everything"
      ? { status: "none" }
      : { status: "unknown", why: whyNotKnown(status) };
  }
  const { count, repositories } = status.backups;
  if (count === 0) return { status: "none" };
  const all = (repositories ?? []).flatMap(({ newest }) =>
    (["full", "differential", "incremental"] as const).flatMap((type) => {
      const finishedAt = newest[type];
      return finishedAt === undefined ? [] : [{ status: "known" as const, name: null, type, finishedAt }];
    }),
  );
  return (
    all.toSorted((a, b) => a.finishedAt.localeCompare(b.finishedAt)).at(-1) ?? {
      status: "unknown",
      why: "the report does not say of which types the backups are",
    }
  );
}

function recoveryFacts({ recovery, status }: ScanEntry): Pick<FleetCluster, "lossNow" | "recovery"> {
  if (recovery === undefined) return {};
  const { lossNow, windows } = recovery;
  const isUnknown = windows.length === 0 && lossNow.what === "unknown";
  return {
    recovery: isUnknown
      ? { status: "unknown", why: status.status === "okay" ? lossNow.why : whyNotKnown(status) }
      : {
          status: "known",
          windows: windows
            .toSorted((a, b) => a.from.localeCompare(b.from))
            .map(({ endedBy, from, repository, until }) => ({ from, until, endedBy, repository })),
        },
    lossNow: lossFacts(lossNow),
  };
}

function lossFacts({
  bytes,
  seconds,
  since,
  what,
  why,
}: NonNullable<ScanEntry["recovery"]>["lossNow"]): NonNullable<FleetCluster["lossNow"]> {
  if (what === "everything") return { status: "everything" };
  if (since === null || seconds === null) return { status: "unknown", why };
  return { status: "since", since, seconds, bytes };
}

function statusFindings({ cluster, namespace, status }: ScanEntry): FleetFinding[] {
  const verdict = verdictOf(status);
  if (verdict === "okay" || verdict === "not-expected") return [];
  const name = formatObjectName({ namespace, name: cluster });
  const fix =
    status.status === "no-stanza"
      ? `postgres-recovery stanza create ${name}`
      : `see what stanza list advises: postgres-recovery stanza list -n ${namespace}`;
  return [
    { severity: verdict === "finding" ? "refuse" : "unknown", code: status.status, what: statusDetail(status), fix },
  ];
}

function flagFinding({ code, command, detail }: Flag): FleetFinding {
  return { severity: unknowns.includes(code) ? "unknown" : "refuse", code, what: detail, fix: command ?? "" };
}

function whyNotKnown(status: StanzaStatus): string {
  return [statusText(status), statusDetail(status)].filter(Boolean).join(": ");
}

function newestOf(moments: readonly (string | undefined)[]): string | undefined {
  return moments
    .filter((moment) => moment !== undefined)
    .toSorted()
    .at(-1);
}

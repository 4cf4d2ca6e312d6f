import type { ScanEntry, ScanReport } from "../stanza/list-report.ts";
import { stanzaStatusSchema, verdicts, type RepositoryBackups } from "../stanza/status.ts";
import { recoveryMetrics } from "./recovery.ts";
import {
  checkTimestamp,
  stateSamples,
  unixSeconds,
  type Metric,
  type MetricDefinition,
  type Sample,
} from "./metric.ts";

const definitions = {
  verdict: {
    name: "postgres_recovery_stanza_verdict",
    help: "What status and flags of a cluster mean together: 1 for the current verdict, 0 for the others.",
  },
  status: {
    name: "postgres_recovery_stanza_status",
    help: "The status of a cluster's stanza: 1 for the current status, 0 for the others.",
  },
  flag: {
    name: "postgres_recovery_stanza_flag",
    help: "1 for each flag that is raised; absent otherwise, also where nothing is known of the backups.",
  },
  newestBackup: {
    name: "postgres_recovery_newest_backup_timestamp_seconds",
    help: "When the newest backup of a type ended, as Unix time; absent where there is none or where it is not known.",
    unit: "seconds",
  },
  backups: {
    name: "postgres_recovery_backups",
    help: "How many backups a repository holds; absent where it is not known.",
  },
  backupBytes: {
    name: "postgres_recovery_backup_bytes",
    help: "Bytes that the backups in a repository take, without the WAL; absent where it is not known.",
    unit: "bytes",
  },
} satisfies Record<string, MetricDefinition>;

const statuses = stanzaStatusSchema.options.map(({ shape }) => shape.status.value);

/**
 * The metrics of `stanza list`. What could not be determined has no number: its status and verdict say so.
 *
 * @param checkedAt when the list ended.
 * @param namespace set when only one namespace was listed.
 */
export function stanzaMetrics(
  { clusters, context }: Pick<ScanReport, "clusters" | "context">,
  checkedAt: Date,
  namespace?: string,
): Metric[] {
  const each = (samplesOf: (entry: ScanEntry, labels: Sample["labels"]) => Sample[]): Sample[] =>
    clusters.flatMap((entry) => samplesOf(entry, { context, namespace: entry.namespace, cluster: entry.cluster }));
  const checkLabels = { check: "stanza list", context, ...(namespace !== undefined && { namespace }) };
  return [
    {
      ...definitions.verdict,
      samples: each(({ verdict }, labels) => stateSamples(labels, "verdict", verdicts, verdict)),
    },
    {
      ...definitions.status,
      samples: each(({ status }, labels) => stateSamples(labels, "status", statuses, status.status)),
    },
    { ...definitions.flag, samples: each(flagSamples) },
    {
      ...definitions.newestBackup,
      samples: each((entry, labels) =>
        repositoriesOf(entry).flatMap((repository) => newestSamples(repository, labels)),
      ),
    },
    {
      ...definitions.backups,
      samples: each((entry, labels) =>
        repositoriesOf(entry).map(({ name, count }) => ({ labels: { ...labels, repository: name }, value: count })),
      ),
    },
    {
      ...definitions.backupBytes,
      samples: each((entry, labels) =>
        repositoriesOf(entry).flatMap(({ name, bytes }) =>
          bytes === undefined ? [] : [{ labels: { ...labels, repository: name }, value: bytes }],
        ),
      ),
    },
    ...recoveryMetrics(each),
    { ...checkTimestamp, samples: [{ labels: checkLabels, value: unixSeconds(checkedAt) }] },
  ];
}

/** One sample per code, although several repositories may raise the same flag. */
function flagSamples({ flags }: ScanEntry, labels: Sample["labels"]): Sample[] {
  const isAllowed = new Map(flags.map(({ code, allowed }) => [code, allowed === true]));
  return [...isAllowed].map(([flag, allowed]) => ({ labels: { ...labels, flag, allowed: String(allowed) }, value: 1 }));
}

function repositoriesOf({ status }: ScanEntry): readonly RepositoryBackups[] {
  return status.status === "okay" ? (status.backups.repositories ?? []) : [];
}

function newestSamples({ name, newest }: RepositoryBackups, labels: Sample["labels"]): Sample[] {
  return Object.entries(newest).flatMap(([type, ended]) =>
    ended === undefined ? [] : [{ labels: { ...labels, repository: name, type }, value: unixSeconds(ended) }],
  );
}

import type { ScanEntry } from "../stanza/list-report.ts";
import type { StanzaRecovery, StanzaWindow } from "../stanza/recovery.ts";
import { stateSamples, unixSeconds, type Metric, type MetricDefinition, type Sample } from "./metric.ts";

const definitions = {
  windowStart: {
    name: "postgres_recovery_recovery_window_start_timestamp_seconds",
    help: "The earliest moment to which a repository can restore, as Unix time; absent where there is none or it is not known.",
    unit: "seconds",
  },
  windowEnd: {
    name: "postgres_recovery_recovery_window_end_timestamp_seconds",
    help: "The latest moment to which a repository can restore, as Unix time; absent where it is not known.",
    unit: "seconds",
  },
  loss: {
    name: "postgres_recovery_loss_now",
    help: "What a loss of the database would cost now: 1 for the current answer, 0 for the others.",
  },
  lossSeconds: {
    name: "postgres_recovery_loss_now_seconds",
    help: "How far back the changes begin that a loss would cost now, in seconds; absent unless the answer is since.",
    unit: "seconds",
  },
  unarchivedBytes: {
    name: "postgres_recovery_unarchived_wal_bytes",
    help: "WAL that the primary has written and not archived; absent where it is not known.",
    unit: "bytes",
  },
} satisfies Record<string, MetricDefinition>;

const losses = ["since", "everything", "unknown"] as const;

/** Makes the samples of every entry, with the labels of its cluster. */
export type SamplesOfEach = (samplesOf: (entry: ScanEntry, labels: Sample["labels"]) => Sample[]) => Sample[];

/** The recovery windows of stanzas, and what their loss would cost. What is not known has no number. */
export function recoveryMetrics(each: SamplesOfEach): Metric[] {
  const windows = (momentOf: (window: StanzaWindow) => string | null): Sample[] =>
    each(({ recovery }, labels) =>
      (recovery?.windows ?? []).flatMap((window) => {
        const moment = momentOf(window);
        const { repository } = window;
        return moment === null ? [] : [{ labels: { ...labels, repository }, value: unixSeconds(moment) }];
      }),
    );
  const loss = (valueOf: (loss: StanzaRecovery["lossNow"]) => number | null): Sample[] =>
    each(({ recovery }, labels) => {
      const value = recovery === undefined ? null : valueOf(recovery.lossNow);
      return value === null ? [] : [{ labels, value }];
    });
  return [
    { ...definitions.windowStart, samples: windows(({ from }) => from) },
    { ...definitions.windowEnd, samples: windows(({ until }) => until) },
    {
      ...definitions.loss,
      samples: each(({ recovery }, labels) =>
        stateSamples(labels, "loss", losses, recovery?.lossNow.what ?? "unknown"),
      ),
    },
    { ...definitions.lossSeconds, samples: loss(({ seconds }) => seconds) },
    { ...definitions.unarchivedBytes, samples: loss(({ bytes }) => bytes) },
  ];
}

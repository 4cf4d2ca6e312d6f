/** What a metric is called, and what its values mean. */
export interface MetricDefinition {
  readonly name: string;
  /** One sentence for the person who reads the metric. */
  readonly help: string;
  /** Set when values have a unit. The name then ends with it. */
  readonly unit?: "bytes" | "seconds";
}

/** One value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A gauge with its values. No two samples have the same labels. */
export interface Metric extends MetricDefinition {
  readonly samples: readonly Sample[];
}

/** When a check ended. Every output has it, so that its absence or its age shows that the check no longer runs. */
export const checkTimestamp: MetricDefinition = {
  name: "postgres_recovery_check_timestamp_seconds",
  help: "When the check ended, as Unix time.",
  unit: "seconds",
};

/**
 * One sample per possible state: 1 for the current one, 0 for every other. So an unknown state is a state of its own, and
 * never looks like a good one.
 *
 * @param label the label that names the state.
 * @example stateSamples({}, "verdict", ["okay", "finding"], "okay")
 * // → [{ labels: { verdict: "okay" }, value: 1 }, { labels: { verdict: "finding" }, value: 0 }]
 */
export function stateSamples<State extends string>(
  labels: Readonly<Record<string, string>>,
  label: string,
  states: readonly State[],
  current: State,
): Sample[] {
  return states.map((state) => ({ labels: { ...labels, [label]: state }, value: state === current ? 1 : 0 }));
}

/** Unix time in seconds. */
export function unixSeconds(moment: string | Date): number {
  return new Date(moment).getTime() / 1000;
}

/** The values of one repeated measurement. */
export interface Figure {
  readonly what: string;
  readonly unit: "s" | "ms" | "MB" | "kB";
  readonly values: readonly number[];
}

/** A figure or ratio compared with its goal. */
export interface Check {
  readonly what: string;
  readonly value: string;
  readonly goal: string;
  readonly met: boolean;
}

/** The result of one benchmark. */
export interface Result {
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly checks: readonly Check[];
  /** What a reader needs to know to judge the figures. */
  readonly notes: readonly string[];
}

/** What every benchmark gets. */
export interface Bench {
  /** The folder of the benchmarks' own sandbox. */
  readonly directory: string;
  /** The environment of a user of that sandbox. */
  readonly environment: Record<string, string>;
  /** How often each measurement is repeated. */
  readonly repeat: number;
  /** Size of the database that is dumped. */
  readonly gigabytes: number;
  readonly progress: (line: string) => void;
}

/**
 * The middle value, or the mean of the two middle values.
 *
 * @example median([5, 1, 2])  // → 2
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [upper, lower] = [sorted[Math.floor(sorted.length / 2)], sorted[Math.ceil(sorted.length / 2) - 1]];
  if (upper === undefined || lower === undefined) throw new Error("there is no median of no values");
  return (upper + lower) / 2;
}

/** Checks that the ratio of the medians is at most `limit`. */
export function ratioAtMost(what: string, of: Figure, to: Figure, limit: number): Check {
  const ratio = median(of.values) / median(to.values);
  return { what, value: `${ratio.toFixed(2)} times`, goal: `at most ${limit} times`, met: ratio <= limit };
}

/** Checks that the ratio of the medians is at least `limit`. */
export function ratioAtLeast(what: string, of: Figure, to: Figure, limit: number): Check {
  const ratio = median(of.values) / median(to.values);
  return { what, value: `${ratio.toFixed(2)} times`, goal: `at least ${limit} times`, met: ratio >= limit };
}

/** Checks that no single value exceeds the limit. */
export function everyAtMost({ what, unit, values }: Figure, limit: number): Check {
  const largest = Math.max(...values);
  return { what, value: `${largest.toFixed(0)} ${unit}`, goal: `at most ${limit} ${unit}`, met: largest <= limit };
}

/** Calls `work` several times and returns its results, with a line of progress for each. */
export async function repeated<T>(
  { progress, repeat }: Pick<Bench, "progress" | "repeat">,
  what: string,
  work: () => Promise<T>,
  line: (result: T) => string,
): Promise<T[]> {
  const results: T[] = [];
  for (let time = 1; time <= repeat; time += 1) {
    const result = await work();
    progress(`${what}, ${time} of ${repeat}: ${line(result)}`);
    results.push(result);
  }
  return results;
}

/** A result as Markdown that is also readable in a terminal. */
export function rendered({ title, figures, checks, notes }: Result): string {
  const rows = figures.map(({ what, unit, values }) => {
    const spread = `${number(Math.min(...values))}-${number(Math.max(...values))}`;
    return `| ${what} | ${number(median(values))} ${unit} | ${spread} | ${values.length} |`;
  });
  const goals = checks.map(
    ({ what, value, goal, met }) => `| ${what} | ${value} | ${goal} | ${met ? "yes" : "**no**"} |`,
  );
  return [
    `## ${title}`,
    ["| | median | spread | runs |", "|---|---|---|---|", ...rows].join("\n"),
    ["| | value | goal | met |", "|---|---|---|---|", ...goals].join("\n"),
    ...notes,
  ].join("\n\n");
}

function number(value: number): string {
  return value.toPrecision(Math.max(3, Math.ceil(Math.log10(value))));
}

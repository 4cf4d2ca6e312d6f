declare const isDuration: unique symbol;

/** A whole number of seconds, from 1 second to 7 days. Text is parsed at the edge; all other code counts seconds. */
export type Duration = number & { readonly [isDuration]: true };

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
type Unit = keyof typeof unitSeconds;

const longestSeconds = 7 * unitSeconds.d;

/** The form of a duration's text: `30s`, `10m`, `2h`, `7d`. It does not check the upper bound. */
export const durationPattern = /^([1-9]\d{0,5})([smhd])$/;

/** The message about a text that is not a duration. */
export const durationProblem = "a duration is a whole number with s, m, h or d, such as 30s, 10m, 2h, at most 7d";

/** Whether a number of seconds is a duration. */
export function isDurationSeconds(seconds: number): seconds is Duration {
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= longestSeconds;
}

/**
 * Seconds of a duration; undefined when the text is not one, or is longer than 7 days.
 *
 * @example parseDuration("90s")  // → 90
 * @example parseDuration("36h")  // → 129600
 * @example parseDuration("8d")   // → undefined
 */
export function parseDuration(text: string): Duration | undefined {
  const match = durationPattern.exec(text);
  if (match === null) return undefined;
  const [, count, unit] = match;
  if (!isUnit(unit)) return undefined;
  const seconds = Number(count) * unitSeconds[unit];
  return isDurationSeconds(seconds) ? seconds : undefined;
}

/**
 * A duration that is a literal in the code.
 *
 * @example duration("10m") // → 600
 * @throws TypeError when the literal is not a duration.
 */
export function duration(text: `${number}${Unit}`): Duration {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new TypeError(`"${text}": ${durationProblem}`);
  return parsed;
}

/**
 * The inverse of {@link parseDuration}, in the largest unit that leaves a whole number.
 *
 * @example formatDuration(duration("90s"))  // → "90s"
 * @example formatDuration(duration("60m"))  // → "1h"
 * @example formatDuration(duration("36h"))  // → "36h"
 */
export function formatDuration(seconds: Duration): string {
  if (seconds % unitSeconds.d === 0) return `${seconds / unitSeconds.d}d`;
  if (seconds % unitSeconds.h === 0) return `${seconds / unitSeconds.h}h`;
  if (seconds % unitSeconds.m === 0) return `${seconds / unitSeconds.m}m`;
  return `${seconds}s`;
}

function isUnit(text: string | undefined): text is Unit {
  return text !== undefined && Object.hasOwn(unitSeconds, text);
}

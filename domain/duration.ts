const unitSeconds = { s: 1, m: 60, h: 3600 } as const;

/** `30s`, `10m`, `2h`: a whole number of seconds, minutes or hours, from 1 second to 24 hours. */
export const durationPattern = /^([1-9]\d{0,4})([smh])$/;

/** Seconds of a duration such as `90s`; undefined when the text is not one, or is longer than a day. */
export function durationSeconds(text: string): number | undefined {
  const match = durationPattern.exec(text);
  if (match === null) return undefined;
  const [, count, unit] = match;
  if (unit !== "s" && unit !== "m" && unit !== "h") return undefined;
  const seconds = Number(count) * unitSeconds[unit];
  return seconds <= 86_400 ? seconds : undefined;
}

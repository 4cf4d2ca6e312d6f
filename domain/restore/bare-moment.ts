/** What Go's YAML takes for a date when it is not in quotes (gopkg.in/yaml.v3 3.0.1, resolve.go). */
const date = String.raw`\d{4}-\d{1,2}-\d{1,2}`;
const time = String.raw`\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?`;
const bareMoment = new RegExp(`^(${date})(?:[Tt](${time})(Z|[+-]\\d{2}:\\d{2})| (${time}))?$`);
/** How Go prints a time. */
const printedByGo = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \S+$/;

/**
 * A moment as Pulumi passes it on when the stack file has it without quotes; undefined for a text that is no moment.
 *
 * @example writtenByGo("2026-11-21T09:30:00Z") // → "2026-11-21 09:30:00 +0000 UTC"
 */
export function writtenByGo(text: string): string | undefined {
  const [, day, atOffset, zone = "Z", atUtc] = bareMoment.exec(text) ?? [];
  if (day === undefined) return undefined;
  const offset = zone === "Z" ? "+0000" : zone.replace(":", "");
  return `${day} ${atOffset ?? atUtc ?? "00:00:00"} ${offset} ${offset === "+0000" ? "UTC" : offset}`;
}

/** Whether a text is a moment that was not in quotes. */
export function isWrittenByGo(text: string): boolean {
  return printedByGo.test(text);
}

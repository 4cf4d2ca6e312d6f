/**
 * A span of time for a person, in its two largest units.
 *
 * @param seconds not negative.
 * @example spanText(42)      // → "42 s"
 * @example spanText(3_700)   // → "1 h 1 min"
 * @example spanText(200_000) // → "2 d 7 h"
 */
export function spanText(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return twoUnits(days, "d", hours % 24, "h");
  return hours > 0 ? twoUnits(hours, "h", minutes % 60, "min") : `${minutes} min`;
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/**
 * A moment to the minute, in UTC.
 *
 * @example minuteText("2026-11-24T17:06:57.000Z") // → "2026-11-24 17:06"
 */
export function minuteText(moment: string): string {
  return new Date(moment).toISOString().slice(0, 16).replace("T", " ");
}

/**
 * An amount of money, with the cents while it is below 100.
 *
 * @param currency ISO 4217.
 * @example moneyText(12.3, "USD") // → "USD 12.30"
 */
export function moneyText(amount: number, currency: string): string {
  const digits = amount < 100 ? 2 : 0;
  return `${currency} ${amount.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

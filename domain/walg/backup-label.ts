/**
 * Position at which the WAL of a backup begins, by its backup_label; undefined when it does not say.
 *
 * @example startInLabel("START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n") // → 33554472n
 */
export function startInLabel(label: string): bigint | undefined {
  const [, high, low] = /^START WAL LOCATION: ([0-9A-F]{1,8})\/([0-9A-F]{1,8}) /m.exec(label) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

import type { Backup } from "./backup-list.ts";

/** Spilo keeps at least two days and two backups. */
const fewest = 2;
const dayMilliseconds = 86_400_000;

/**
 * The backup from which on everything is kept; undefined while nothing is to be deleted. BACKUP_NUM_TO_RETAIN counts days.
 * It also counts the younger backups that must be there before an older one goes.
 *
 * Source: postgres-appliance/scripts/postgres_backup.sh of zalando/spilo 3.3-p3.
 */
export function oldestToKeep(backups: readonly Backup[], numberToRetain: number, now: Date): Backup | undefined {
  const retained = Math.max(numberToRetain, fewest);
  const days = ({ modified }: Backup): number => Math.floor((now.getTime() - modified.getTime()) / dayMilliseconds);
  const old = backups.filter((backup) => days(backup) >= retained);
  if (backups.length - old.length < retained) return undefined;
  return old.toSorted((one, other) => one.modified.getTime() - other.modified.getTime()).at(-1);
}

// Loaded by `--help`, so this file must not import zod.

/**
 * What can be wrong with the backups of a cluster whose stanza exists. The order is the order of importance: the first flag
 * of a cluster is its status in the table.
 */
export const flagCodes = [
  "no-backup",
  "backup-unusable",
  "repository-missing",
  "archiving-off",
  "wal-missing",
  "archiver-failing",
  "archiver-stalled",
  "backup-old",
  "backup-damaged",
  "several-identifiers",
  "no-schedule",
  "archiver-unknown",
  "schedule-unreadable",
] as const;
export type FlagCode = (typeof flagCodes)[number];

/** Flags that say what is not known. All others say what is wrong. */
export const unknowns: readonly FlagCode[] = ["archiver-unknown", "schedule-unreadable"];

/** The flag in the column STATUS of the table. */
export const flagTexts: Readonly<Record<FlagCode, string>> = {
  "no-backup": "No backup",
  "backup-unusable": "Backup unusable",
  "repository-missing": "Repository missing",
  "archiving-off": "Archiving off",
  "wal-missing": "WAL missing",
  "archiver-failing": "Archiving fails",
  "archiver-stalled": "Archiving stalled",
  "backup-old": "Backup too old",
  "backup-damaged": "Backup damaged",
  "several-identifiers": "Owner changed",
  "no-schedule": "No schedule",
  "archiver-unknown": "Archiving unknown",
  "schedule-unreadable": "Schedule unknown",
};

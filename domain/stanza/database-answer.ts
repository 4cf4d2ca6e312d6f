import { z } from "zod";
import { parseJsonOutput } from "../json-output.ts";
import { firstLine } from "../text.ts";

const databaseSchema = z.object({
  /** Set by initdb; a standby and its primary have the same. */
  systemIdentifier: z.string().regex(/^\d+$/),
  inRecovery: z.boolean(),
  archiveMode: z.enum(["off", "on", "always"]),
  /** Whether `archive_command` runs pgBackRest. The command itself is never read: it could hold a secret. */
  archivesWithPgbackrest: z.boolean(),
  /** Counters and times of pg_stat_archiver, as ISO 8601. */
  failedCount: z.int(),
  lastFailed: z.iso.datetime().nullable(),
  lastArchived: z.iso.datetime().nullable(),
  /** Seconds since the oldest WAL segment that waits for the archiver was completed; null when none waits. */
  oldestWaitingSeconds: z.int().nullable(),
  /** Name of the file that was archived last: a WAL segment, or a history file. */
  lastArchivedWal: z.string().nullable().default(null),
  /** When Postgres completed that file, so that the archiver could take it; null when Postgres has forgotten it. */
  lastArchivedCompleted: z.iso.datetime().nullable().default(null),
  /** Where the primary writes WAL now, such as `0/3000060`; null on a replica. */
  currentLsn: z.string().nullable().default(null),
  /** Size of a WAL segment, in bytes. */
  segmentBytes: z.int().positive().nullable().default(null),
  /** When Postgres answered. */
  askedAt: z.iso.datetime().nullable().default(null),
});
export type Database = z.infer<typeof databaseSchema>;

/** What the database says about itself and its archiver, or why that is unknown. */
export type DatabaseAnswer = Database | { readonly unknown: string };

/** Whether the archiver's last attempt failed. */
export function isArchiverFailing({ lastArchived, lastFailed }: Database): boolean {
  return lastFailed !== null && (lastArchived === null || Date.parse(lastFailed) > Date.parse(lastArchived));
}

/** ISO 8601 in UTC, whatever the session's time zone and date style are. */
const utc = (expression: string): string =>
  `to_char(${expression} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * One row with one JSON object, for superusers of PostgreSQL 10 and later. A segment's `.ready` file is created when the
 * segment is complete, and renamed to `.done` when it is archived; both may vanish while this runs
 * (`pg_stat_file(…, true)`).
 */
export const databaseQuery = `select json_build_object(
  'systemIdentifier', (select system_identifier::text from pg_control_system()),
  'inRecovery', pg_is_in_recovery(),
  'archiveMode', current_setting('archive_mode'),
  'archivesWithPgbackrest', current_setting('archive_command') like '%pgbackrest%',
  'failedCount', failed_count,
  'lastFailed', ${utc("last_failed_time")},
  'lastArchived', ${utc("last_archived_time")},
  'lastArchivedWal', last_archived_wal,
  'lastArchivedCompleted', (
    select ${utc("done.modification")}
    from pg_stat_file('pg_wal/archive_status/' || last_archived_wal || '.done', true) done),
  'currentLsn', case when pg_is_in_recovery() then null else pg_current_wal_lsn()::text end,
  'segmentBytes', (select bytes_per_wal_segment from pg_control_init()),
  'askedAt', ${utc("clock_timestamp()")},
  'oldestWaitingSeconds', (
    select floor(extract(epoch from now() - min(file.modification)))::int
    from pg_ls_dir('pg_wal/archive_status') name, pg_stat_file('pg_wal/archive_status/' || name, true) file
    where name like '%.ready'))::text
from pg_stat_archiver`;

/** Reads what psql printed for {@link databaseQuery}; standard error may be mixed in. */
export function readDatabaseAnswer(output: string): DatabaseAnswer {
  try {
    const { data } = databaseSchema.safeParse(parseJsonOutput(output));
    return data ?? { unknown: "psql printed something else than what was asked" };
  } catch {
    const line = firstLine(output);
    return { unknown: line === "" ? "psql did not answer within its time limit" : line };
  }
}

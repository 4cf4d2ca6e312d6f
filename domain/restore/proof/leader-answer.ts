import { z } from "zod";
import { parsedJson } from "../../text.ts";

const leaderSchema = z.object({
  /** All 64 bits, in decimal digits. */
  systemIdentifier: z.string().regex(/^\d+$/),
  inRecovery: z.boolean(),
  timeline: z.int(),
  /** Content of the newest timeline's history file; null on the first timeline. */
  history: z.string().nullable(),
  /** When each history file was written: seconds since 1970, by its timeline. */
  historyTimes: z.record(z.string(), z.number()),
  databases: z.array(z.string()),
  /** Members that stream from it. Patroni names each replica's connection after its Pod. */
  streaming: z.array(z.string()),
  dataDirectory: z.string(),
  logDirectory: z.string(),
});
/** What the leader's Postgres says about itself. */
export type LeaderAnswer = z.infer<typeof leaderSchema>;

/** The newest timeline. A standby has it only in its control file. */
const timeline = `case when pg_is_in_recovery() then (select timeline_id from pg_control_checkpoint())
  else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end`;

/** One row with one JSON object, for superusers of PostgreSQL 11 and later. */
export const leaderQuery = `with newest as (select ${timeline} as id)
select json_build_object(
  'systemIdentifier', (select system_identifier::text from pg_control_system()),
  'inRecovery', pg_is_in_recovery(),
  'timeline', newest.id,
  'history', pg_read_file('pg_wal/' || lpad(upper(to_hex(newest.id)), 8, '0') || '.history', 0, 1048576, true),
  'historyTimes', coalesce((
    select json_object_agg(('x' || substr(name, 1, 8))::bit(32)::int, floor(extract(epoch from modification)))
    from pg_ls_waldir() where name ~ '^[0-9A-F]{8}\\.history$'), '{}'),
  'databases', (select json_agg(datname order by datname) from pg_database where datallowconn and not datistemplate),
  'streaming', coalesce((
    select json_agg(application_name) from pg_stat_replication where state = 'streaming'), '[]'),
  'dataDirectory', current_setting('data_directory'),
  'logDirectory', current_setting('log_directory'))::text
from newest`;

/** Reads the answer to {@link leaderQuery}; undefined when it is something else. */
export function readLeaderAnswer(text: string): LeaderAnswer | undefined {
  return leaderSchema.safeParse(parsedJson(text)).data;
}

import { z } from "zod";
import { parseJsonOutput } from "../json-output.ts";
import { segmentBefore, type StoredBackup } from "./storage.ts";

const integer = z.union([z.int(), z.bigint()]);
const moment = z.string().transform((text, context) => {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) context.addIssue({ code: "custom", message: "is not a moment" });
  return milliseconds;
});

const sentinelSchema = z.object({
  LSN: integer.nullish(),
  FinishLSN: integer.nullish(),
  PgVersion: integer.nullish(),
  SystemIdentifier: integer.nullish(),
  DeltaFullName: z.string().nullish(),
  CompressedSize: integer.nullish(),
});
const metadataSchema = z.object({
  start_time: moment,
  finish_time: moment,
  pg_version: integer,
  system_identifier: integer.nullish(),
});

/** What the sentinel and the metadata of a backup say of it; undefined where the WAL-G that made it wrote nothing. */
export interface BackupDescription {
  /** PostgreSQL major version. */
  readonly postgresMajor: number | undefined;
  /** All 64 bits, in decimal digits. */
  readonly systemIdentifier: string | undefined;
  /** Milliseconds since 1970. */
  readonly finished: number | undefined;
  /** The last segment without which the backup is not consistent. */
  readonly lastNeededSegment: number | undefined;
  /** Bytes that its parts should have together. */
  readonly compressedSize: number | undefined;
}

/**
 * Reads a backup's `…_backup_stop_sentinel.json`, and its `metadata.json` when there is one.
 *
 * @throws SyntaxError or ZodError when one of them is cut or something else.
 */
export function describeBackup(sentinelText: string, metadataText: string | undefined): BackupDescription {
  const sentinel = sentinelSchema.parse(parseJsonOutput(sentinelText));
  const metadata = metadataText === undefined ? undefined : metadataSchema.parse(parseJsonOutput(metadataText));
  const version = sentinel.PgVersion ?? metadata?.pg_version;
  return {
    postgresMajor: version === undefined ? undefined : Math.floor(Number(version) / 10_000),
    systemIdentifier: (sentinel.SystemIdentifier ?? metadata?.system_identifier)?.toString(),
    finished: metadata?.finish_time,
    lastNeededSegment: sentinel.FinishLSN == null ? undefined : segmentBefore(BigInt(sentinel.FinishLSN)),
    compressedSize: sentinel.CompressedSize == null ? undefined : Number(sentinel.CompressedSize),
  };
}

/** The backups that a backup needs besides itself, and the first that is missing of them. */
export function deltaChain(
  backup: StoredBackup,
  all: readonly StoredBackup[],
): { parents: StoredBackup[]; missing: string | undefined } {
  const parents: StoredBackup[] = [];
  let current = backup;
  while (current.parent !== undefined) {
    const { parent, startSegment } = current;
    const found = all.find(
      ({ name, startSegment: start }) =>
        start < startSegment && (name === `base_${parent}` || name.startsWith(`base_${parent}_`)),
    );
    if (found === undefined) return { parents, missing: `base_${parent}` };
    parents.push(found);
    current = found;
  }
  return { parents, missing: undefined };
}

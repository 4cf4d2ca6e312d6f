import type { BackupFolder, WriterAccess } from "../../domain/backups/iam.ts";
import type { Backup, Restore } from "../../domain/restore/restore.ts";
import type { BackupReadersArgs } from "./access.ts";

/** The writer may not write to the backups that are being restored. */
export function writerDuring(
  scope: string,
  { bucket, kmsKey, region }: Backup,
  restore: Restore | undefined,
): WriterAccess {
  const source = restore && sourceFolder(restore);
  const isOwn = source?.bucket === bucket && source.scope === scope && restore?.endpoint === undefined;
  return { bucket, region, scope, kmsKey, readOnlyUids: isOwn && source.uid !== undefined ? [source.uid] : [] };
}

/**
 * The policy for the database's own backups exists before any restore. Another one is needed only for a source elsewhere
 * in AWS. If that bucket belongs to another account, its owner has to grant the access, too.
 */
export function readersDuring(
  scope: string,
  { bucket, kmsKey, region }: Backup,
  restore: Restore | undefined,
): BackupReadersArgs {
  const own = { bucket, region, scope, kmsKey };
  if (restore === undefined || restore.endpoint !== undefined) return { own };
  const source = sourceFolder(restore);
  if (source.bucket === bucket && source.scope === scope) return { own };
  return { own, source: { ...source, kmsKey: restore.kmsKey ?? (source.bucket === bucket ? kmsKey : undefined) } };
}

function sourceFolder({ bucket, region, scope, source }: Restore): BackupFolder {
  return "uid" in source
    ? { bucket, region, scope, uid: source.uid }
    : { bucket, region, scope: source.prefix + scope };
}

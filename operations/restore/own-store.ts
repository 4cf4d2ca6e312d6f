import type { S3Probe } from "../../clients/aws/s3-probe.ts";
import type { S3Client } from "../../clients/aws/s3.ts";
import type { S3Location } from "../../domain/aws/s3-location.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { probeKey, type OwnStore, type StoreFailure } from "../../domain/restore/own-store.ts";
import type { Credentials } from "../../domain/restore/restore.ts";
import type { Ends } from "../ends.ts";

/** The store of the new database's own backups. */
export interface OwnStoreClients {
  readonly own: S3Client;
  /** Writes with the Pods' keys; undefined when they are not known. */
  readonly probe: S3Probe | undefined;
}

/**
 * Tries the store of the new database's own backups: lists it, and with the Pods' keys creates a small object and deletes
 * it again. The object is outside of every database's backups.
 *
 * @throws the reason of `ends.stop`.
 */
export async function gatherOwnStore(
  { own, probe }: OwnStoreClients,
  folder: S3Location,
  credentials: Credentials,
  ends: Ends,
): Promise<OwnStore> {
  const { bucket, prefix } = folder;
  const list = await attempt(
    own.list({ bucket, prefix: `${prefix}/` }, ends.bound, () => "enough"),
    ends,
  );
  if (probe === undefined || list !== "done")
    return { folder, list, write: probe === undefined ? undefined : list, remove: undefined, credentials };
  const object = { bucket, key: probeKey(folder) };
  const write = await attempt(probe.put(object, ends.bound), ends);
  const remove = write === "done" ? await attempt(probe.remove(object, ends.bound), ends) : undefined;
  return { folder, list, write, remove, credentials };
}

async function attempt(request: Promise<void>, { stop }: Ends): Promise<"done" | StoreFailure> {
  try {
    await request;
    return "done";
  } catch (error) {
    stop.throwIfAborted();
    if (!(error instanceof RecoveryError)) return { code: undefined, why: messageOf(error) };
    return { code: error.code, why: error.next === undefined ? error.message : `${error.message}; ${error.next}` };
  }
}

import { createHash } from "node:crypto";
import type { S3Location } from "../aws/s3-location.ts";
import { walFolder } from "../spilo/path.ts";

const folder = "proofs";
const ending = ".jws";
const digits = 8;

/**
 * Where the proofs of a place of backups are: beside WAL-G's root, which is `…/wal/12`. `wal-g delete` lists and deletes
 * only below its root (wal-g internal/delete_handler.go), and Spilo looks only below `…/wal`.
 *
 * @param backups the place of the backups.
 * @example ledgerOf({ bucket: "backups", prefix: "spilo/db/8f3e/wal/12" }) // → { bucket: "backups", prefix: "spilo/db/8f3e/proofs" }
 */
export function ledgerOf({ bucket, prefix }: S3Location): S3Location {
  const database = prefix.replace(new RegExp(`/${walFolder}(/[^/]+)?$`), "");
  return { bucket, prefix: `${database}/${folder}` };
}

/** The key of an entry. @example entryKey("spilo/db/proofs", 7) // → "spilo/db/proofs/00000007.jws" */
export function entryKey(ledger: string, number: number): string {
  return `${ledger}/${String(number).padStart(digits, "0")}${ending}`;
}

/** The number of the entry that a key names; undefined when it names none. */
export function entryNumber(ledger: string, key: string): number | undefined {
  const name = key.startsWith(`${ledger}/`) ? key.slice(ledger.length + 1) : "";
  const number = Number(/^(\d{8})\.jws$/.exec(name)?.[1] ?? 0);
  return number > 0 ? number : undefined;
}

/** The hash that ties an entry to the object before it. */
export function objectHash(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

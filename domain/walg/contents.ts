import type { Gathered } from "../gathered.ts";
import type { FileList } from "./file-list.ts";
import type { ControlFile } from "./pg-control.ts";
import type { SegmentContent } from "./wal-pages.ts";

/** What became of reading an object that is not as it should be. */
export type FailedReading =
  /** Its content is not what its name says. */
  | { readonly kind: "damaged"; readonly why: string }
  /** It does not begin as its name says: WAL-G has encrypted it, or it is damaged. */
  | { readonly kind: "unrecognised" }
  /** It could not be read, which says nothing of its content. */
  | { readonly kind: "unread"; readonly why: string };

/** A tar file of a backup. */
export interface PartReading {
  readonly name: string;
  readonly reading: { readonly kind: "read" } | FailedReading;
}

/** What the tar files of a backup hold. */
export interface BackupContents {
  readonly parts: readonly PartReading[];
  /** What they should hold; undefined when WAL-G wrote no list. */
  readonly list: Gathered<FileList> | undefined;
  /** Files and folders of the list that were in no part. */
  readonly missing: readonly string[];
  readonly hasLabel: boolean;
  /** Position at which its backup_label says that its WAL begins; undefined when it does not say. */
  readonly labelStart?: bigint | undefined;
  /** Parts with files of another backup, each with the first such file. */
  readonly foreign?: readonly string[];
  /** Undefined when no part has one. */
  readonly control: ControlFile | undefined;
  /**
   * When an earlier check has read it, in milliseconds since 1970; its objects have not changed since, and its parts are not
   * listed here. Undefined when it was read now.
   */
  readonly provenAt?: number | undefined;
}

/** A segment that was not read again, because an earlier check has read it and its object has not changed since. */
interface ProvenEarlier {
  readonly kind: "proven";
}

export type SegmentReading = SegmentContent | FailedReading | ProvenEarlier;

/** What the objects that a restore reads hold. */
export interface PlaceContents {
  /** By the backup's name. */
  readonly backups: ReadonlyMap<string, BackupContents>;
  /** By the segment's number; those that the restore does not need are not read. */
  readonly wal: ReadonlyMap<number, SegmentReading>;
}

/**
 * Why objects that do not begin as their names say are not called damaged: none of their kind does, so WAL-G encrypts
 * (libsodium, OpenPGP). Undefined when others do.
 */
export function encryptionOf(readings: readonly { readonly kind: string }[]): string | undefined {
  const isAny = readings.some(({ kind }) => kind === "unrecognised");
  const isAll = readings.every(({ kind }) => kind === "unrecognised" || kind === "unread");
  return isAny && isAll
    ? "they are encrypted (libsodium, OpenPGP), or all damaged: none begins as its name says"
    : undefined;
}

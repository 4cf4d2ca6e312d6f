/** A blob that Harbor's database names. */
export interface NamedBlob {
  /** Such as `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Bytes; undefined when an artifact names the blob and the table `blob` does not have it. */
  readonly size: number | undefined;
  /** Who needs it: an artifact, only artifacts of proxy caches, which fetch it again, or nothing. */
  readonly neededBy: "artifact" | "proxy-cache" | "nothing";
}

/** A blob in the registry's bucket. */
export interface StoredBlob {
  readonly digest: string;
  readonly size: number;
  /** Whether S3 has archived it, so that it cannot be read until it is restored. */
  readonly isArchived: boolean;
}

/** The registry's folder of blobs (distribution registry/storage/paths.go). */
const blobsFolder = "docker/registry/v2/blobs/";
const digestPattern = /^([a-z0-9]+):([0-9a-f]{32,})$/;
const keyPattern = /^([a-z0-9]+)\/([0-9a-f]{2})\/([0-9a-f]{32,})\/data$/;

/**
 * The prefix of all blobs in the bucket.
 *
 * @param root folder in the bucket that the registry uses, without slashes at its ends; empty for the bucket itself.
 * @example blobsPrefix("") // → "docker/registry/v2/blobs/"
 */
export function blobsPrefix(root: string): string {
  return root === "" ? blobsFolder : `${root}/${blobsFolder}`;
}

/**
 * The key of a blob's content; undefined when the text is no digest.
 *
 * @example blobKey("", "sha256:ab…") // → "docker/registry/v2/blobs/sha256/ab/ab…/data"
 */
export function blobKey(root: string, digest: string): string | undefined {
  const [, algorithm, hex = ""] = digestPattern.exec(digest) ?? [];
  return algorithm === undefined ? undefined : `${blobsPrefix(root)}${algorithm}/${hex.slice(0, 2)}/${hex}/data`;
}

/** The digest of which this is the key; undefined for any other object. Keys sort as their digests do. */
export function digestOfKey(root: string, key: string): string | undefined {
  const prefix = blobsPrefix(root);
  if (!key.startsWith(prefix)) return undefined;
  const [, algorithm, folder, hex] = keyPattern.exec(key.slice(prefix.length)) ?? [];
  return hex === undefined || hex.slice(0, 2) !== folder ? undefined : `${algorithm ?? ""}:${hex}`;
}

/**
 * Every blob that the database names, with who needs it, ordered as S3 orders keys. Foreign layers are left out: no registry
 * stores them. Harbor 2.1 or newer. A blob that Harbor's garbage collection has marked is needed by nothing.
 */
export const namedBlobsQuery = `
with needed as (
  select f.digest, bool_or(p.registry_id is null) as ours
  from (
    select digest_blob as digest, digest_af as artifact from artifact_blob
    union select digest, digest from artifact
  ) f
  join artifact a on a.digest = f.artifact
  join project p on p.project_id = a.project_id and not p.deleted
  group by f.digest
)
select coalesce(b.digest, n.digest) as digest, b.size,
  case when n.ours then 'artifact' when n.ours = false then 'proxy-cache' else 'nothing' end
from blob b full join needed n on n.digest = b.digest
where b.content_type is distinct from 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
order by coalesce(b.digest, n.digest) collate "C"`;

/**
 * Reads one line of what COPY prints for {@link namedBlobsQuery}.
 *
 * @throws Error when it is something else.
 * @example readNamedBlob("sha256:ab…\t123\tartifact") // → { digest: "sha256:ab…", size: 123, neededBy: "artifact" }
 */
export function readNamedBlob(line: string): NamedBlob {
  const [digest = "", size = "", neededBy = "", ...more] = line.split("\t");
  const isWho = neededBy === "artifact" || neededBy === "proxy-cache" || neededBy === "nothing";
  if (more.length > 0 || !isWho || !/^(\d+|\\N)$/.test(size) || digest === "")
    throw new Error("the database sent a line that names no blob");
  return { digest, size: size === "\\N" ? undefined : Number(size), neededBy };
}

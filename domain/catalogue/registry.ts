import type { Explanations } from "./explanation.ts";

/** Harbor's registry, compared with its database. */
export const registry = {
  "registry-unread": {
    title: "the registry could not be compared with its database",
    means: "Harbor's tables or the listing of the bucket could not be read to the end; the finding has the reason.",
    matters: "After a restore to a moment, the database may name images whose layers are gone.",
    todo: "Correct the access, or give more time with --timeout, then check again.",
    green: "Harbor's health, its list of projects, and the database itself.",
  },
  "registry-blobs-missing": {
    title: "blobs that artifacts need are missing in the bucket",
    means:
      "The database names a layer, a configuration or a manifest that has no object in the registry's folder. This happens after a restore to a moment before Harbor's garbage collection deleted it, or when a lifecycle rule expired it.",
    matters:
      "`docker pull` ends with `blob unknown to registry`. Clusters that have the image cached go on, until a node is replaced.",
    todo: "In a bucket with versioning, delete the delete marker that the report names: `aws s3api delete-object --bucket BUCKET --key KEY --version-id MARKER`. If no version is left, push the artifacts again.",
    green: "Harbor is healthy, and shows the projects, the repositories and the artifacts with their tags.",
  },
  "registry-blobs-different": {
    title: "blobs in the bucket have another size than the database says",
    means: "An object was cut, or overwritten by something else than the registry.",
    matters: "The registry checks digests, so a pull ends with an error.",
    todo: "Bring back the version that the report names, with `aws s3api copy-object`, or push the artifacts again.",
    green: "Harbor is healthy and shows the artifacts, and every object exists.",
  },
  "registry-blobs-damaged": {
    title: "blobs in the bucket have another content than their digest says",
    means:
      "With --digests the content of each object was read, and its digest is another one, although the size is right.",
    matters: "The registry and every client check digests, so a pull ends with an error.",
    todo: "Bring back the version that the report names, with `aws s3api copy-object`, or push the artifacts again.",
    green: "Harbor is healthy and shows the artifacts, and every object exists with its size.",
  },
  "registry-blobs-archived": {
    title: "S3 has archived blobs that artifacts need",
    means: "A lifecycle rule moved them to GLACIER or DEEP_ARCHIVE.",
    matters: "S3 answers InvalidObjectState until somebody restores them, so a pull ends with an error.",
    todo: "Restore the objects, copy them to a class that is read at once, and end the lifecycle rule.",
    green: "Harbor is healthy and shows the artifacts, and every object exists with its size.",
  },
  "registry-cache-missing": {
    title: "blobs of proxy caches are missing",
    means: "The project is a proxy cache. Harbor fetches what it lacks from the registry behind it.",
    matters: "The next pull is slower, and fails if the registry behind it does not have the image any more.",
    todo: "Make sure that those registries still exist.",
    green: "Every other project.",
  },
  "registry-unneeded-missing": {
    title: "blobs that no artifact needs are missing, or have another size",
    means: "The database still has a row for them, as before a garbage collection.",
    matters: "Nothing is lost by it. Harbor may take a layer for uploaded when somebody pushes it again.",
    todo: "Run Harbor's garbage collection.",
    green: "Every artifact.",
  },
  "registry-blobs-unnamed": {
    title: "the bucket has blobs that the database does not name",
    means: "They were pushed after the moment to which the database was restored, or a push was interrupted.",
    matters:
      "Images that were pushed since then are not in Harbor, although their layers are there. Harbor's garbage collection does not see such blobs, so they cost storage.",
    todo: "Push those images again, which is quick, because the layers exist.",
    green: "Every artifact that Harbor shows.",
  },
  "registry-details-unread": {
    title: "it is not known which artifacts are affected, or what can be had back",
    means:
      "The artifacts of the blobs, or the versions of their objects, could not be read; the finding has the reason.",
    matters: "The list of blobs is complete, and the way back is not shown.",
    todo: "Give the credentials s3:ListBucketVersions, then check again.",
    green: "The listing of the bucket.",
  },
} satisfies Partial<Explanations>;

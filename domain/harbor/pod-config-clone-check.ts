import { bucketNamePattern } from "../aws/s3-location.ts";
import { holdsSecret } from "../spilo/variables.ts";
import { targetTimeProblem } from "../restore/restore.ts";
import type { Data, Problems } from "./pod-config-problems.ts";
import { checkStore } from "./pod-config-store-check.ts";

/** A slash and a UID of Kubernetes. */
const uidSuffix = /^\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Everything wrong with the CLONE_ values, if there are any.
 *
 * @param isWhole whether `data` includes the pod Secret's values.
 */
export function checkClone(data: Data, isWhole: boolean, problems: Problems): void {
  // Keys of a former restore that remain in the pod Secret start no clone.
  if (!Object.keys(data).some((name) => name.toUpperCase().startsWith("CLONE_") && !holdsSecret(name))) return;
  if (data["CLONE_METHOD"] !== "CLONE_WITH_WALE") {
    const what = "is not CLONE_WITH_WALE, letter by letter: Spilo makes an empty database";
    problems.refuse("CLONE_METHOD", "clone-method-wrong", what, "set it to CLONE_WITH_WALE");
  }
  checkClonePath(data, problems);
  checkCloneTarget(data, problems);
  for (const key of ["CLONE_HOST", "CLONE_PORT", "CLONE_USER", "CLONE_PASSWORD", "CLONE_PGPASS"]) {
    if (data[key] === undefined) continue;
    problems.warn(key, "clone-key-ignored", "is ignored with CLONE_WITH_WALE", "remove it");
  }
  checkStore("CLONE_", data, isWhole, problems);
}

function checkCloneTarget(data: Data, problems: Problems): void {
  const {
    CLONE_TARGET_TIME: time = "",
    CLONE_TARGET_INCLUSIVE: inclusive = "",
    CLONE_TARGET_TIMELINE: timeline,
  } = data;
  const timeProblem = time === "" ? undefined : targetTimeProblem(time);
  if (timeProblem !== undefined) {
    const fix = "correct it, or remove it to restore as far as the WAL goes";
    problems.refuse("CLONE_TARGET_TIME", "clone-target-time-invalid", timeProblem, fix);
  } else if (time.endsWith("Z")) {
    // PostgreSQL 12.22 and 15.18 end with `invalid value for parameter "recovery_target_time"`. Spilo accepts the same text.
    const what = "ends in Z, and PostgreSQL refuses Z in its configuration";
    problems.refuse("CLONE_TARGET_TIME", "clone-target-time-invalid", what, "write +00:00 instead of Z");
  }
  if (inclusive !== "" && inclusive !== "true") {
    const fix = "remove it, or leave it empty to stop before the target";
    problems.refuse("CLONE_TARGET_INCLUSIVE", "clone-target-inclusive-wrong", "means true, whatever its value", fix);
  }
  if (timeline !== undefined && !/^(latest|\d+)$/.test(timeline)) {
    const what = "is neither latest nor a number";
    problems.refuse("CLONE_TARGET_TIMELINE", "clone-target-timeline-invalid", what, "correct it");
  }
  if (data["USE_PAUSE_AT_RECOVERY_TARGET"]) {
    const what = "makes the restored database wait until somebody resumes it";
    problems.refuse("USE_PAUSE_AT_RECOVERY_TARGET", "clone-pauses-at-target", what, "remove it");
  }
}

function checkClonePath(data: Data, problems: Problems): void {
  const otherStores = Object.keys(data).filter((key) => /^CLONE_WALG_\w+_PREFIX$/.test(key));
  if (otherStores.length > 1) {
    const what = "are two places at once, so Spilo stops";
    problems.refuse(otherStores.join(", "), "clone-stores-several", what, "keep one");
    return;
  }
  const wholePrefix = data["CLONE_WALG_S3_PREFIX"];
  if (wholePrefix === undefined) {
    checkClonePathParts(data, problems);
  } else if (!/^s3:\/\/[^/]+\/.+[^/]$/.test(wholePrefix)) {
    const fix = "the bucket comes first, then the path";
    problems.refuse("CLONE_WALG_S3_PREFIX", "clone-prefix-invalid", "is not s3://BUCKET/PATH", fix);
  }
}

function checkClonePathParts(data: Data, problems: Problems): void {
  const { CLONE_SCOPE: scope = "", CLONE_WAL_S3_BUCKET: bucket = "", CLONE_PGVERSION: version } = data;
  const { CLONE_WAL_BUCKET_SCOPE_SUFFIX: suffix = "", CLONE_WAL_BUCKET_SCOPE_PREFIX: prefix = "" } = data;
  if (scope === "") {
    const fix = "give the folder below spilo/ in the bucket";
    problems.refuse("CLONE_SCOPE", "clone-scope-missing", "is empty: Spilo makes an empty database", fix);
  }
  if (scope.includes("/")) {
    const fix = "give the folder alone; the UID goes into CLONE_WAL_BUCKET_SCOPE_SUFFIX";
    problems.refuse("CLONE_SCOPE", "clone-scope-invalid", "contains a slash", fix);
  }
  if (bucket === "") {
    const what = "is empty: Spilo makes an empty database";
    problems.refuse("CLONE_WAL_S3_BUCKET", "clone-bucket-missing", what, "give the bucket's name");
  } else if (!bucketNamePattern.test(bucket)) {
    const fix = "leave out s3:// and any path";
    problems.refuse("CLONE_WAL_S3_BUCKET", "clone-bucket-invalid", "is not a bucket's name alone", fix);
  }
  if (suffix !== "" && !uidSuffix.test(suffix)) {
    problems.refuse(
      "CLONE_WAL_BUCKET_SCOPE_SUFFIX",
      "clone-suffix-invalid",
      "is not a slash and a UID in small letters, without a slash at the end",
      "write it as /99e85b8a-3f92-4c86-8d42-5056348c1e7e",
    );
  }
  if (prefix !== "" && !/^[a-z0-9][-a-z0-9]*-$/.test(prefix)) {
    const what = "is not NAMESPACE- with its hyphen";
    problems.refuse("CLONE_WAL_BUCKET_SCOPE_PREFIX", "clone-scope-prefix-invalid", what, "correct it");
  }
  if (suffix === "" && prefix === "") {
    problems.warn(
      "CLONE_WAL_BUCKET_SCOPE_SUFFIX",
      "clone-suffix-missing",
      "is empty, and so is CLONE_WAL_BUCKET_SCOPE_PREFIX: only a cluster in the namespace default has its backups there",
      "give a slash and the UID of the lost cluster",
    );
  }
  if (version !== undefined && !/^(9\.\d|\d\d)$/.test(version)) {
    const what = "is not a PostgreSQL major version";
    problems.refuse("CLONE_PGVERSION", "clone-version-invalid", what, "write it as 12");
  }
}

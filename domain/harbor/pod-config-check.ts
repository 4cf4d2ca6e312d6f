import type { FindingCodeOf } from "../catalogue/finding-codes.ts";
import { findingsAt, type Finding } from "../finding.ts";
import { targetTimeProblem } from "../restore/restore.ts";
import { anyRegionPattern, awsRegionPattern, bucketNamePattern, endpointProblem } from "../aws/s3-location.ts";
import { holdsSecret, knownVariables, meantVariable, operatorAssigned } from "../spilo/variables.ts";

type Data = Readonly<Record<string, string>>;

/** Collects problems with keys of pod-config; a finding never contains the value itself. */
class Problems {
  readonly found: Finding[] = [];

  refuse(key: string, code: FindingCodeOf<"refuse">, what: string, fix: string): void {
    this.found.push(findingsAt(`pod-config ${key}`).refuse(code, what, fix));
  }

  warn(key: string, code: FindingCodeOf<"warn">, what: string, fix: string): void {
    this.found.push(findingsAt(`pod-config ${key}`).warn(code, what, fix));
  }
}

/**
 * Everything wrong with the data of a pod-config ConfigMap. Spilo answers most mistakes with an empty database and
 * no error, so each is a refusal here (zalando/spilo configure_spilo.py).
 *
 * @param data as Kubernetes holds it; anything but text is refused.
 * @param secretKeys names of the keys of the pod Secret; undefined when they are not known; then missing
 *   credentials are not reported.
 */
export function checkPodConfig(data: Readonly<Record<string, unknown>>, secretKeys?: readonly string[]): Finding[] {
  const problems = new Problems();
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(data)) {
    texts[key] = typeof value === "string" ? value : "";
    if (typeof value !== "string") {
      const fix = "put the value in quotes: Kubernetes takes nothing but text here";
      problems.refuse(key, "pod-config-value-not-text", "is not text", fix);
    }
  }
  for (const key of Object.keys(texts)) checkKey(key, texts, problems);
  checkBackup(texts, secretKeys, problems);
  checkClone(texts, secretKeys, problems);
  if (problems.found.length > 0) return problems.found;
  return [findingsAt("pod-config").ok("pod-config-sound", "only values that Spilo reads as they are meant")];
}

function checkKey(key: string, data: Data, problems: Problems): void {
  const twin = Object.keys(data).find((other) => other !== key && other.toLowerCase() === key.toLowerCase());
  if (twin !== undefined) {
    const what = `differs from ${twin} only in case: the operator takes one of the two`;
    problems.refuse(key, "pod-config-key-twice", what, "keep the one in the right case");
  }
  if (!knownVariables.has(key)) {
    const meant = meantVariable(key);
    const fix = meant === undefined ? "remove it" : `write ${meant}`;
    problems.refuse(key, "pod-config-key-unknown", "is not a variable that Spilo reads", fix);
  }
  if (operatorAssigned.has(key)) {
    const what = "is set by the operator itself, which ignores this value";
    problems.warn(key, "pod-config-key-overridden", what, "remove it");
  }
  if (holdsSecret(key) || looksLikeSecret(data[key] ?? "")) {
    const what = "is a credential, and a ConfigMap's values can be read in the StatefulSet";
    problems.refuse(key, "pod-config-credential", what, "move it to the pod Secret");
  }
}

/** An AWS access key's ID, or a URL with a password. */
function looksLikeSecret(value: string): boolean {
  return /\b(AKIA|ASIA)[A-Z0-9]{16}\b|:\/\/[^/\s:]+:[^/\s]+@|-----BEGIN [A-Z ]*PRIVATE KEY/.test(value);
}

function checkBackup(data: Data, secretKeys: readonly string[] | undefined, problems: Problems): void {
  if (data["USE_WALG_BACKUP"] === undefined && data["USE_WALG"] === undefined) {
    const what = "is missing, so the old WAL-E takes the backups";
    problems.refuse("USE_WALG_BACKUP", "walg-not-chosen", what, "set it to true");
  }
  const retain = data["BACKUP_NUM_TO_RETAIN"];
  if (retain !== undefined && !(/^\d+$/.test(retain) && Number(retain) >= 2)) {
    const fix = "give the days for which backups are kept";
    problems.refuse("BACKUP_NUM_TO_RETAIN", "backup-retention-invalid", "is not a whole number from 2 up", fix);
  }
  const schedule = data["BACKUP_SCHEDULE"];
  if (schedule !== undefined && !/^(\S+ +){4}\S+$/.test(schedule)) {
    const fix = "write it as 0 1 * * *";
    problems.refuse("BACKUP_SCHEDULE", "backup-schedule-invalid", "does not have five fields", fix);
  }
  if (schedule !== undefined && /^(\*|\*\/\d+) /.test(schedule)) {
    const what = "copies the whole database every few minutes, and each copy is kept for days";
    problems.warn("BACKUP_SCHEDULE", "backup-schedule-too-often", what, "once a day is usual");
  }
  for (const key of ["WAL_BUCKET_SCOPE_PREFIX", "WAL_BUCKET_SCOPE_SUFFIX"]) {
    if (data[key] === undefined) continue;
    const what =
      "replaces the UID in the path of every cluster's backups, so a new cluster overwrites those of the old one";
    problems.refuse(key, "backup-path-without-uid", what, "remove it");
  }
  checkStore("", data, secretKeys, problems);
}

/** A slash and a UID of Kubernetes. */
const uidSuffix = /^\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function checkClone(data: Data, secretKeys: readonly string[] | undefined, problems: Problems): void {
  if (!Object.keys(data).some((name) => name.toUpperCase().startsWith("CLONE_"))) return;
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
  checkStore("CLONE_", data, secretKeys, problems);
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

/** What backups and clones have in common: tools, region, endpoint, credentials. */
function checkStore(
  side: "" | "CLONE_",
  data: Data,
  secretKeys: readonly string[] | undefined,
  problems: Problems,
): void {
  const value = (name: string): string | undefined => data[side + name];
  for (const name of ["USE_WALG", "USE_WALG_BACKUP", "USE_WALG_RESTORE"]) {
    if (value(name) === undefined || value(name) === "true") continue;
    const what = "is not true: Spilo uses WAL-E, which cannot read WAL-G's backups";
    problems.refuse(side + name, "walg-value-not-true", what, "set it to true, in small letters");
  }
  const endpoints = ["AWS_ENDPOINT", "WALE_S3_ENDPOINT"].filter((name) => value(name));
  const regionPattern = endpoints.length > 0 ? anyRegionPattern : awsRegionPattern;
  if (!regionPattern.test(value("AWS_REGION") ?? "")) {
    const what = "is not a region: Spilo guesses one and gets it wrong (the region `loca`)";
    const fix = "give the bucket's region, such as eu-west-2";
    problems.refuse(`${side}AWS_REGION`, "store-region-invalid", what, fix);
  }
  for (const name of endpoints) {
    const text = value(name) ?? "";
    const plain = name === "WALE_S3_ENDPOINT" ? text.replace("+path://", "://") : text;
    const problem = endpointProblem(plain, value("WAL_S3_BUCKET") ?? "");
    if (problem === undefined) continue;
    const fix = "remove it for AWS, or give only scheme, host and port";
    problems.refuse(side + name, "store-endpoint-invalid", problem, fix);
  }
  checkCredentials(side, data, secretKeys, problems);
}

function checkCredentials(
  side: "" | "CLONE_",
  data: Data,
  secretKeys: readonly string[] | undefined,
  problems: Problems,
): void {
  const id = `${side}AWS_ACCESS_KEY_ID`;
  const key = `${side}AWS_SECRET_ACCESS_KEY`;
  const role = `${side}AWS_ROLE_ARN`;
  const token = `${side}AWS_WEB_IDENTITY_TOKEN_FILE`;
  const given = (name: string): boolean => (data[name] ?? "") !== "" || (secretKeys ?? []).includes(name);
  const requireBoth = (has: string, lacks: string): void => {
    if (!given(has) || given(lacks)) return;
    const what = `is missing beside ${has}: Spilo uses the node's own role instead and reports no error`;
    problems.refuse(lacks, "store-credentials-incomplete", what, "give both, or neither");
  };
  requireBoth(role, token);
  requireBoth(token, role);
  if (secretKeys === undefined) return;
  requireBoth(id, key);
  requireBoth(key, id);
  if (![id, key, role, token].some(given)) {
    const what = "is missing, and there is no role either: Spilo uses the node's own role and reports no error";
    const fix = `give ${id} and ${key} in the pod Secret, or ${role}`;
    problems.refuse(id, "store-credentials-missing", what, fix);
  }
}

import type { Finding, Severity } from "../finding.ts";
import { targetTimeProblem } from "../restore/restore.ts";
import { anyRegionPattern, awsRegionPattern, bucketNamePattern, endpointProblem } from "../aws/s3-location.ts";
import { holdsSecret, knownVariables, meantVariable, operatorAssigned } from "../spilo/variables.ts";

/** What a problem with one key of pod-config is; the value itself is never part of it. */
interface Problem {
  readonly severity: Severity;
  readonly key: string;
  readonly what: string;
  readonly fix: string;
}

const refuse = (key: string, what: string, fix: string): Problem => ({ severity: "refuse", key, what, fix });
const warn = (key: string, what: string, fix: string): Problem => ({ severity: "warn", key, what, fix });

type Data = Readonly<Record<string, string>>;

/**
 * Everything wrong with the data of a pod-config ConfigMap. Spilo answers most mistakes by making an empty database and
 * saying nothing, so each is a refusal here (zalando/spilo configure_spilo.py).
 *
 * @param data as Kubernetes holds it; anything but text is refused.
 * @param secretKeys names of the keys of the pod Secret; undefined when they are not known, and then nothing is said of
 *   credentials that may be missing.
 */
export function checkPodConfig(data: Readonly<Record<string, unknown>>, secretKeys?: readonly string[]): Finding[] {
  const texts = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, typeof value === "string" ? value : ""]),
  );
  const problems = [
    ...Object.entries(data).flatMap(([key, value]) =>
      typeof value === "string"
        ? []
        : [refuse(key, "is not text", "put the value in quotes: Kubernetes takes nothing but text here")],
    ),
    ...Object.keys(texts).flatMap((key) => keyProblems(key, texts)),
    ...backupProblems(texts, secretKeys),
    ...cloneProblems(texts, secretKeys),
  ];
  if (problems.length === 0)
    return [{ severity: "ok", what: "only values that Spilo reads as they are meant", where: "pod-config", fix: "" }];
  return problems.map(({ key, ...problem }) => ({ ...problem, where: `pod-config ${key}` }));
}

function keyProblems(key: string, data: Data): Problem[] {
  const meant = meantVariable(key);
  const twin = Object.keys(data).find((other) => other !== key && other.toLowerCase() === key.toLowerCase());
  return [
    ...(twin === undefined
      ? []
      : [refuse(key, `stands beside ${twin}: the operator takes one of the two`, "keep the one in the right case")]),
    ...(knownVariables.has(key)
      ? []
      : [refuse(key, "is read by nothing", meant === undefined ? "remove it" : `write ${meant}`)]),
    ...(operatorAssigned.has(key)
      ? [warn(key, "is set by the operator itself, which passes over this value", "remove it")]
      : []),
    ...(holdsSecret(key) || looksLikeSecret(data[key] ?? "")
      ? [
          refuse(
            key,
            "is a credential, and a ConfigMap's values stand readable in the StatefulSet",
            "move it to the pod Secret",
          ),
        ]
      : []),
  ];
}

/** An AWS access key's ID, or a URL with a password. */
function looksLikeSecret(value: string): boolean {
  return /\b(AKIA|ASIA)[A-Z0-9]{16}\b|:\/\/[^/\s:]+:[^/\s]+@|-----BEGIN [A-Z ]*PRIVATE KEY/.test(value);
}

function backupProblems(data: Data, secretKeys: readonly string[] | undefined): Problem[] {
  const retain = data["BACKUP_NUM_TO_RETAIN"];
  const schedule = data["BACKUP_SCHEDULE"];
  return [
    ...(data["USE_WALG_BACKUP"] === undefined && data["USE_WALG"] === undefined
      ? [refuse("USE_WALG_BACKUP", "is missing, so that the old WAL-E makes the backups", "set it to true")]
      : []),
    ...(retain !== undefined && !(/^\d+$/.test(retain) && Number(retain) >= 2)
      ? [refuse("BACKUP_NUM_TO_RETAIN", "is not a whole number from 2 up", "give the days for which backups are kept")]
      : []),
    ...(schedule !== undefined && !/^(\S+ +){4}\S+$/.test(schedule)
      ? [refuse("BACKUP_SCHEDULE", "does not have five fields", "write it as 0 1 * * *")]
      : []),
    ...(schedule !== undefined && /^(\*|\*\/\d+) /.test(schedule)
      ? [
          warn(
            "BACKUP_SCHEDULE",
            "makes a full copy of the database every few minutes, and each is kept for days",
            "once a day is usual",
          ),
        ]
      : []),
    ...["WAL_BUCKET_SCOPE_PREFIX", "WAL_BUCKET_SCOPE_SUFFIX"]
      .filter((key) => data[key] !== undefined)
      .map((key) =>
        refuse(
          key,
          "replaces the UID in the path of every cluster's backups, so that a new cluster overwrites those of the old one",
          "remove it",
        ),
      ),
    ...storeValues("", data, secretKeys),
  ];
}

/** A UID of Kubernetes behind a slash. */
const uidSuffix = /^\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function cloneProblems(data: Data, secretKeys: readonly string[] | undefined): Problem[] {
  if (!Object.keys(data).some((name) => name.toUpperCase().startsWith("CLONE_"))) return [];
  const {
    CLONE_METHOD: method,
    CLONE_TARGET_TIME: time,
    CLONE_TARGET_INCLUSIVE: inclusive,
    CLONE_TARGET_TIMELINE: timeline,
  } = data;
  const timeProblem = time === undefined || time === "" ? undefined : targetTimeProblem(time);
  return [
    ...(method === "CLONE_WITH_WALE"
      ? []
      : [
          refuse(
            "CLONE_METHOD",
            "is not CLONE_WITH_WALE, letter by letter: Spilo makes an empty database",
            "set it to CLONE_WITH_WALE",
          ),
        ]),
    ...clonePathProblems(data),
    ...(timeProblem === undefined
      ? []
      : [refuse("CLONE_TARGET_TIME", timeProblem, "correct it, or remove it to restore as far as the WAL goes")]),
    ...(inclusive !== undefined && inclusive !== "" && inclusive !== "true"
      ? [
          refuse(
            "CLONE_TARGET_INCLUSIVE",
            "counts as true, whatever it says",
            "remove it, or leave it empty to stop before the target",
          ),
        ]
      : []),
    ...(timeline !== undefined && !/^(latest|\d+)$/.test(timeline)
      ? [refuse("CLONE_TARGET_TIMELINE", "is neither latest nor a number", "correct it")]
      : []),
    ...(data["USE_PAUSE_AT_RECOVERY_TARGET"]
      ? [
          refuse(
            "USE_PAUSE_AT_RECOVERY_TARGET",
            "makes the restored database wait for a hand that lets it go on",
            "remove it",
          ),
        ]
      : []),
    ...["CLONE_HOST", "CLONE_PORT", "CLONE_USER", "CLONE_PASSWORD", "CLONE_PGPASS"]
      .filter((key) => data[key] !== undefined)
      .map((key) => warn(key, "is passed over with CLONE_WITH_WALE", "remove it")),
    ...storeValues("CLONE_", data, secretKeys),
  ];
}

function clonePathProblems(data: Data): Problem[] {
  const { CLONE_WALG_S3_PREFIX: wholePrefix, CLONE_SCOPE: scope = "", CLONE_WAL_S3_BUCKET: bucket = "" } = data;
  const {
    CLONE_WAL_BUCKET_SCOPE_SUFFIX: suffix = "",
    CLONE_WAL_BUCKET_SCOPE_PREFIX: prefix = "",
    CLONE_PGVERSION: version,
  } = data;
  const otherStores = Object.keys(data).filter((key) => /^CLONE_WALG_\w+_PREFIX$/.test(key));
  if (otherStores.length > 1)
    return [refuse(otherStores.join(", "), "are two places at once, and Spilo stops", "keep one")];
  if (wholePrefix !== undefined) {
    return /^s3:\/\/[^/]+\/.+[^/]$/.test(wholePrefix)
      ? []
      : [refuse("CLONE_WALG_S3_PREFIX", "is not s3://BUCKET/PATH", "the bucket comes first, then the path")];
  }
  return [
    ...(scope === ""
      ? [refuse("CLONE_SCOPE", "is empty: Spilo makes an empty database", "give the folder below spilo/ in the bucket")]
      : []),
    ...(scope.includes("/")
      ? [
          refuse(
            "CLONE_SCOPE",
            "holds a slash",
            "give the folder alone; the UID goes into CLONE_WAL_BUCKET_SCOPE_SUFFIX",
          ),
        ]
      : []),
    ...(bucket === ""
      ? [refuse("CLONE_WAL_S3_BUCKET", "is empty: Spilo makes an empty database", "give the bucket's name")]
      : []),
    ...(bucket !== "" && !bucketNamePattern.test(bucket)
      ? [refuse("CLONE_WAL_S3_BUCKET", "is not a bucket's name alone", "leave out s3:// and any path")]
      : []),
    ...(suffix !== "" && !uidSuffix.test(suffix)
      ? [
          refuse(
            "CLONE_WAL_BUCKET_SCOPE_SUFFIX",
            "is not a slash and a UID in small letters, without a slash at the end",
            "write it as /99e85b8a-3f92-4c86-8d42-5056348c1e7e",
          ),
        ]
      : []),
    ...(prefix !== "" && !/^[a-z0-9][-a-z0-9]*-$/.test(prefix)
      ? [refuse("CLONE_WAL_BUCKET_SCOPE_PREFIX", "is not NAMESPACE- with its hyphen", "correct it")]
      : []),
    ...(suffix === "" && prefix === ""
      ? [
          warn(
            "CLONE_WAL_BUCKET_SCOPE_SUFFIX",
            "is empty, and so is CLONE_WAL_BUCKET_SCOPE_PREFIX: backups lie there only of a cluster in the namespace default",
            "give the UID of the lost cluster behind a slash",
          ),
        ]
      : []),
    ...(version !== undefined && !/^(9\.\d|\d\d)$/.test(version)
      ? [refuse("CLONE_PGVERSION", "is not a PostgreSQL major version", "write it as 12")]
      : []),
  ];
}

/** What backups and clones have in common: tools, region, endpoint, credentials. */
function storeValues(side: "" | "CLONE_", data: Data, secretKeys: readonly string[] | undefined): Problem[] {
  const value = (name: string): string | undefined => data[side + name];
  const endpoints = ["AWS_ENDPOINT", "WALE_S3_ENDPOINT"].filter((name) => value(name));
  const region = value("AWS_REGION") ?? "";
  const regionPattern = endpoints.length > 0 ? anyRegionPattern : awsRegionPattern;
  return [
    ...["USE_WALG", "USE_WALG_BACKUP", "USE_WALG_RESTORE"]
      .filter((name) => value(name) !== undefined && value(name) !== "true")
      .map((name) =>
        refuse(
          side + name,
          "is not true: Spilo takes WAL-E, which does not read WAL-G's backups",
          "set it to true, in small letters",
        ),
      ),
    ...(regionPattern.test(region)
      ? []
      : [
          refuse(
            `${side}AWS_REGION`,
            "is not a region: Spilo guesses one and gets it wrong (the region `loca`)",
            "give the bucket's region, such as eu-west-2",
          ),
        ]),
    ...endpoints.flatMap((name) => {
      const text = value(name) ?? "";
      const plain = name === "WALE_S3_ENDPOINT" ? text.replace("+path://", "://") : text;
      const problem = endpointProblem(plain, value("WAL_S3_BUCKET") ?? "");
      return problem === undefined
        ? []
        : [refuse(side + name, problem, "remove it for AWS, or give only scheme, host and port")];
    }),
    ...credentialProblems(side, data, secretKeys),
  ];
}

function credentialProblems(side: "" | "CLONE_", data: Data, secretKeys: readonly string[] | undefined): Problem[] {
  const id = `${side}AWS_ACCESS_KEY_ID`;
  const key = `${side}AWS_SECRET_ACCESS_KEY`;
  const role = `${side}AWS_ROLE_ARN`;
  const token = `${side}AWS_WEB_IDENTITY_TOKEN_FILE`;
  const given = (name: string): boolean => (data[name] ?? "") !== "" || (secretKeys ?? []).includes(name);
  const half = (has: string, lacks: string): Problem[] =>
    given(has) && !given(lacks)
      ? [
          refuse(
            lacks,
            `is missing beside ${has}: Spilo takes the node's own role instead, in silence`,
            "give both, or neither",
          ),
        ]
      : [];
  return [
    ...half(role, token),
    ...half(token, role),
    ...(secretKeys === undefined ? [] : [...half(id, key), ...half(key, id)]),
    ...(secretKeys !== undefined && ![id, key, role, token].some(given)
      ? [
          refuse(
            id,
            "is missing, and there is no role either: Spilo takes the node's own role, in silence",
            `give ${id} and ${key} in the pod Secret, or ${role}`,
          ),
        ]
      : []),
  ];
}

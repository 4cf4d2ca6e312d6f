import { bucketPolicy } from "../domain/backups/iam.ts";
import { runbookPgHba } from "../domain/harbor/pg-hba.ts";
import { podConfigData } from "../domain/harbor/pod-config.ts";
import type { PolicyCode } from "../policy/policy.ts";

/** A resource as a program declares it. */
export interface ExampleResource {
  readonly type: string;
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
  /** Seconds of `customTimeouts.create`. Default: 0, not declared. */
  readonly createSeconds?: number;
  /** Names of the resources that it depends on. Default: none. */
  readonly dependsOn?: readonly string[];
  /** The stack's configuration, with the project's name before each key. Default: none. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** What a policy refuses, and the same as it is right. */
export interface Example {
  readonly bad: readonly ExampleResource[];
  readonly good: readonly ExampleResource[];
}

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const store = { bucket: "harbor-database-backups", region: "eu-west-2", credentials: "secret" } as const;
/** A pod-config that no policy says anything about. */
export const soundPodConfig = podConfigData(
  { ...store, schedule: "0 1 * * *", retainDays: 5 },
  {
    ...store,
    id: "first",
    scope: "postgresql-harbor-harbor",
    source: { uid },
    postgresVersion: 12,
    versionInPath: true,
    targetTime: "2026-11-21T09:30:00+00:00",
  },
);

const configMap = (data: object, name = "pod-config"): ExampleResource => ({
  type: "kubernetes:core/v1:ConfigMap",
  name,
  props: { metadata: { name }, data },
});

/** The keys that differ from a sound pod-config; undefined removes one. */
function podConfig(bad: Record<string, unknown>, good: Record<string, string> = {}): Example {
  const merged = (changes: Record<string, unknown>): object =>
    Object.fromEntries(Object.entries({ ...soundPodConfig, ...changes }).filter(([, value]) => value !== undefined));
  return { bad: [configMap(merged(bad))], good: [configMap(merged(good))] };
}

const command = (props: Record<string, unknown>, name = "a command"): ExampleResource => ({
  type: "command:local:Command",
  name,
  props,
});
const one = (bad: ExampleResource, good: ExampleResource): Example => ({ bad: [bad], good: [good] });
const step = (name: string, request: object, resource = name): ExampleResource =>
  command(
    { create: `exec bin/postgres-recovery ${name} --request - --output json`, stdin: JSON.stringify(request) },
    resource,
  );

const kubernetes = { context: "dev" };
const stackOf = (access: object): ExampleResource => ({
  type: "pulumi:pulumi:Stack",
  name: "postgres-recovery-dev",
  props: {},
  config: { "postgres-recovery:kubernetes": access },
});
const stanzaRequest = {
  version: 1,
  kubernetes,
  cluster: "calendar/calendar-db",
  dump: { directory: "s3://dumps/dev" },
  timeLimits: {},
};
const stanza = (
  changes: object,
  name = "create stanza calendar/calendar-db",
  createSeconds = 9000,
): ExampleResource => ({
  ...step("stanza create", { ...stanzaRequest, ...changes }, name),
  createSeconds,
});
const otherTarget = stanza({ cluster: "calendar/scheduler-db" }, "create stanza calendar/scheduler-db");
const held = (name: string): ExampleResource => ({ type: "postgres-recovery:index:HeldTarget", name, props: {} });

const pgHba = (...first: string[]): ExampleResource => step("harbor pg-hba", { pgHba: [...first, ...runbookPgHba] });
const patch = (annotations: object): ExampleResource => ({
  type: "kubernetes:acid.zalan.do/v1:postgresqlPatch",
  name: "pg-hba",
  props: { metadata: { name: "db", annotations }, spec: { patroni: { pg_hba: [...runbookPgHba] } } },
});

const postgresCluster = (pgbackrest: object): ExampleResource => ({
  type: "kubernetes:postgres-operator.crunchydata.com/v1beta1:PostgresCluster",
  name: "calendar-db",
  props: { metadata: { namespace: "calendar", name: "calendar-db" }, spec: { backups: { pgbackrest } } },
});
const weekly = (full: string): ExampleResource => postgresCluster({ repos: [{ name: "repo1", schedules: { full } }] });
const scheduled = weekly("0 1 * * 0");

const image = (tag: string, changes: object = {}): ExampleResource =>
  step("restore check", { image: `ghcr.io/zalando/${tag}`, backup: { credentials: "secret" }, ...changes });
const role = { backup: { credentials: { irsaRoleArn: "arn:aws:iam::123456789012:role/backups" } } };
const images = (tag: string): Example => one(image(tag), image("spilo-16:3.3-p3"));
const rolesOn = (tag: string): Example => one(image(tag, role), image("spilo-16:3.2-p3", role));

const restoring = image("spilo-16:3.3-p3", { restore: { postgresVersion: 12, credentials: "secret" } });
const proof = step("restore verify", { version: 1 }, "proof");
const keep = step("secrets keep", { version: 1 }, "kept-secrets");

const secret = (props: object): ExampleResource => ({
  type: "aws:secretsmanager/secret:Secret",
  name: "core-key",
  props: { name: `postgres-recovery/${uid}/harbor/harbor/core-key`, recoveryWindowInDays: 30, ...props },
});
const everybody = (principal: unknown): string =>
  JSON.stringify({ Statement: [{ Effect: "Allow", Principal: principal, Action: "secretsmanager:*", Resource: "*" }] });

const wish = "arn:aws:kms:eu-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
/** A copy in a stack whose settings wish for a key. */
const keyed = (kmsKeyId?: string): ExampleResource => ({
  ...secret({ kmsKeyId }),
  config: { "postgres-recovery:harbor": { secrets: { kmsKeyId: wish } } },
});
const guarded = { ...kubernetes, kubeSystemUid: "11111111-1111-4111-8111-111111111111" };
const stackWith = (props: Record<string, unknown> = {}): ExampleResource => ({ ...stackOf(guarded), props });
const proven = (verdict: string): ExampleResource => ({
  ...proof,
  props: { ...proof.props, stdout: JSON.stringify({ version: 1, verdict }) },
});
const alarm: ExampleResource = {
  type: "aws:cloudwatch/metricAlarm:MetricAlarm",
  name: "backups-late",
  props: { alarmActions: ["arn:aws:sns:eu-west-2:123456789012:database"] },
};

const bucketName = "harbor-database-backups";
const setting = (kind: string, props: object): ExampleResource => ({
  type: `aws:s3/${kind}:${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
  name: kind,
  props: { bucket: bucketName, ...props },
});
const publicAccess = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
};
const policyText = JSON.stringify(bucketPolicy({ bucket: bucketName, region: "eu-west-2" }));
const lock = (days: number): object => ({ rule: { defaultRetention: { mode: "GOVERNANCE", days } } });
const bucketSettings: readonly [kind: string, props: object][] = [
  ["bucket", {}],
  ["bucketVersioning", { versioningConfiguration: { status: "Enabled" } }],
  [
    "bucketServerSideEncryptionConfiguration",
    { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
  ],
  ["bucketPublicAccessBlock", publicAccess],
  ["bucketOwnershipControls", { rule: { objectOwnership: "BucketOwnerEnforced" } }],
  ["bucketPolicy", { policy: policyText }],
  ["bucketObjectLockConfiguration", lock(5)],
];
/** A bucket whose setting of one kind is another, or is missing. */
function bucket(kind: string, props?: object): Example {
  const made = (settings: readonly [string, object][]): ExampleResource[] => [
    ...settings.map(([each, declared]) => setting(each, declared)),
    configMap(soundPodConfig),
  ];
  const others = bucketSettings.filter(([each]) => each !== kind);
  return { bad: made(props === undefined ? others : [...others, [kind, props]]), good: made(bucketSettings) };
}
const lifecycle = (rule: object): ExampleResource =>
  setting("bucketLifecycleConfiguration", { rules: [{ id: "a-rule", status: "Enabled", ...rule }] });
const kept = lifecycle({ noncurrentVersionExpiration: { noncurrentDays: 90 } });

/** An example for every policy but `policy-not-judged-yet`. The pages show how the two differ. */
export const policyExamples: Readonly<Partial<Record<PolicyCode, Example>>> = {
  "clone-method-wrong": podConfig({ CLONE_METHOD: "CLONE_WITH_WALG" }),
  "clone-target-time-invalid": podConfig({ CLONE_TARGET_TIME: "2026-11-21T09:30:00Z" }),
  "clone-target-inclusive-wrong": podConfig({ CLONE_TARGET_INCLUSIVE: "false" }),
  "clone-target-timeline-invalid": podConfig({ CLONE_TARGET_TIMELINE: "newest" }, { CLONE_TARGET_TIMELINE: "latest" }),
  "clone-pauses-at-target": podConfig({ USE_PAUSE_AT_RECOVERY_TARGET: "true" }),
  "clone-key-ignored": podConfig({ CLONE_HOST: "db.example.com" }),
  "clone-stores-several": podConfig(
    { CLONE_WALG_S3_PREFIX: "s3://backups/spilo/db/wal/12", CLONE_WALG_GS_PREFIX: "gs://backups/spilo/db" },
    { CLONE_WALG_S3_PREFIX: "s3://backups/spilo/db/wal/12" },
  ),
  "clone-prefix-invalid": podConfig(
    { CLONE_WALG_S3_PREFIX: "backups/spilo/db/wal/12" },
    { CLONE_WALG_S3_PREFIX: "s3://backups/spilo/db/wal/12" },
  ),
  "clone-scope-missing": podConfig({ CLONE_SCOPE: undefined }),
  "clone-scope-invalid": podConfig({ CLONE_SCOPE: `postgresql-harbor-harbor/${uid}` }),
  "clone-bucket-missing": podConfig({ CLONE_WAL_S3_BUCKET: undefined }),
  "clone-bucket-invalid": podConfig({ CLONE_WAL_S3_BUCKET: "s3://harbor-database-backups" }),
  "clone-suffix-missing": podConfig({ CLONE_WAL_BUCKET_SCOPE_SUFFIX: "" }),
  "clone-suffix-invalid": podConfig({ CLONE_WAL_BUCKET_SCOPE_SUFFIX: uid }),
  "clone-scope-prefix-invalid": podConfig(
    { CLONE_WAL_BUCKET_SCOPE_PREFIX: "harbor" },
    { CLONE_WAL_BUCKET_SCOPE_PREFIX: "harbor-" },
  ),
  "clone-version-invalid": podConfig({ CLONE_PGVERSION: "12.22" }),

  "pod-config-value-not-text": podConfig({ BACKUP_NUM_TO_RETAIN: 5 }),
  "pod-config-key-twice": podConfig({ clone_scope: "postgresql-harbor-harbor" }),
  "pod-config-key-unknown": podConfig({ AWS_DEFAULT_REGION: "eu-west-2" }),
  "pod-config-key-overridden": podConfig({ SCOPE: "postgresql-harbor-harbor" }),
  "pod-config-credential": podConfig({ AWS_SECRET_ACCESS_KEY: "EXAMPLE" }),
  "walg-not-chosen": podConfig({ USE_WALG_BACKUP: undefined }),
  "walg-value-not-true": podConfig({ USE_WALG_RESTORE: "yes" }),
  "backup-retention-invalid": podConfig({ BACKUP_NUM_TO_RETAIN: "1" }),
  "backup-schedule-invalid": podConfig({ BACKUP_SCHEDULE: "@daily" }),
  "backup-schedule-too-often": podConfig({ BACKUP_SCHEDULE: "*/10 * * * *" }),
  "backup-path-without-uid": podConfig({ WAL_BUCKET_SCOPE_SUFFIX: "/harbor" }),
  "store-region-invalid": podConfig({ CLONE_AWS_REGION: undefined }),
  "store-endpoint-invalid": podConfig({ AWS_ENDPOINT: "https://s3.eu-west-2.amazonaws.com" }),
  "store-credentials-incomplete": podConfig({ AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/backups" }),

  "credential-in-configmap": one(
    configMap({ DATABASE_URL: "postgres://app:EXAMPLE@db/app" }, "settings"),
    configMap({ DATABASE_URL: "postgres://db/app" }, "settings"),
  ),
  "credential-in-command": one(
    command({ create: "PGPASSWORD=EXAMPLE psql -h db" }),
    command({ create: "psql -h db", stdin: "the password" }),
  ),
  "credential-in-tag": one(
    { type: "aws:s3/bucket:Bucket", name: "backups", props: { tags: { "db-password": "EXAMPLE" } } },
    { type: "aws:s3/bucket:Bucket", name: "backups", props: { tags: { team: "registry" } } },
  ),

  "pg-hba-line-invalid": one(pgHba("hostssl all all md5"), pgHba("hostssl all all 10.0.0.0/8 md5")),
  "pg-hba-locks-out": one(pgHba("local all all reject"), pgHba()),
  "pg-hba-may-lock-out": one(pgHba("hostnossl all all 10.0.0.0/8 reject"), pgHba()),
  "pg-hba-pam-missing": one(
    step("harbor pg-hba", { pgHba: runbookPgHba.filter((line) => !line.endsWith("pam")) }),
    pgHba(),
  ),
  "pg-hba-patch-unowned": one(patch({}), patch({ "pulumi.com/patchFieldManager": "postgres-recovery-pg-hba" })),

  "stanza-command-forbidden": one(
    command({ create: "kubectl exec db-0 -- pgbackrest --stanza=db stanza-upgrade" }),
    command({ create: "kubectl exec db-0 -- pgbackrest --stanza=db check" }),
  ),
  "stanza-command-unchecked": one(
    command({ create: "kubectl exec db-0 -- pgbackrest --stanza=db stanza-create" }),
    stanza({}),
  ),
  "stanza-request-invalid": one(
    stanza({ dump: { skip: "no" } }),
    stanza({ dump: { skip: "a dump was taken an hour ago" } }),
  ),
  "stanza-without-time-limit": one(stanza({}, undefined, 0), stanza({})),
  "stanza-dump-on-disk": one(stanza({ dump: { directory: "dumps" } }), stanza({})),
  "cluster-not-guarded": one(stackOf(kubernetes), stackOf(guarded)),
  "stanza-target-twice": { bad: [stanza({}), stanza({}, "once more")], good: [stanza({}), otherTarget] },
  "stanza-target-held": {
    bad: [stanza({}), held("calendar/calendar-db")],
    good: [stanza({}), held("calendar/scheduler-db")],
  },

  "postgres-cluster-unreadable": one(postgresCluster({ repos: "repo1" }), scheduled),
  "postgres-cluster-without-repository": one(postgresCluster({}), scheduled),
  "postgres-cluster-without-schedule": one(postgresCluster({ repos: [{ name: "repo1" }] }), scheduled),
  "postgres-cluster-schedule-unread": one(weekly("every Sunday"), scheduled),

  "restore-without-proof": { bad: [restoring], good: [restoring, proof] },
  "secrets-kept-before-proof": {
    bad: [restoring, proof, { ...keep, dependsOn: ["pg-hba"] }],
    good: [restoring, proof, { ...keep, dependsOn: ["proof"] }],
  },

  "clone-without-restore": {
    bad: [stackWith(), configMap(soundPodConfig), alarm],
    good: [stackWith(), configMap(soundPodConfig), alarm, restoring, proven("unknown")],
  },
  "clone-after-proof": {
    bad: [stackWith(), configMap(soundPodConfig), alarm, restoring, proven("proven")],
    good: [stackWith(), configMap(soundPodConfig), alarm, restoring, proven("failed")],
  },
  "backup-without-alarm": {
    bad: [stackWith(), configMap(soundPodConfig), restoring, proven("unknown")],
    good: [stackWith(), configMap(soundPodConfig), restoring, proven("unknown"), alarm],
  },
  "credential-in-output": one(
    stackWith({ database: { url: "postgres://app:EXAMPLE@db/app" } }),
    stackWith({ database: { url: "postgres://db/app" } }),
  ),
  "secret-copy-key-wrong": one(keyed(), keyed(wish)),

  "secret-copy-window-short": one(secret({ recoveryWindowInDays: 0 }), secret({})),
  "secret-copy-shared": one(secret({ name: "postgres-recovery/harbor/harbor/core-key" }), secret({})),
  "secret-copy-public": one(
    secret({ policy: everybody("*") }),
    secret({ policy: everybody({ AWS: "arn:aws:iam::123456789012:role/restore" }) }),
  ),

  "bucket-not-versioned": bucket("bucketVersioning", { versioningConfiguration: { status: "Suspended" } }),
  "bucket-not-encrypted": bucket("bucketServerSideEncryptionConfiguration"),
  "bucket-may-be-public": bucket("bucketPublicAccessBlock", { ...publicAccess, restrictPublicBuckets: false }),
  "bucket-owners-mixed": bucket("bucketOwnershipControls", { rule: { objectOwnership: "ObjectWriter" } }),
  "bucket-without-tls-rule": bucket("bucketPolicy"),
  "bucket-lock-short": bucket("bucketObjectLockConfiguration", lock(2)),
  "bucket-lifecycle-deletes": one(lifecycle({ expiration: { days: 30 } }), kept),
  "bucket-lifecycle-archives": one(
    lifecycle({ transitions: [{ days: 30, storageClass: "GLACIER" }] }),
    lifecycle({ transitions: [{ days: 30, storageClass: "STANDARD_IA" }] }),
  ),

  "image-unknown": images("spilo-16:latest"),
  "image-without-postgres-12": images("spilo-17:4.0-p2"),
  "image-without-restored-version": one(
    image("spilo-16:3.3-p3", { restore: { postgresVersion: 11, credentials: "secret" } }),
    image("spilo-16:3.2-p3", { restore: { postgresVersion: 11, credentials: "secret" } }),
  ),
  "image-backup-path-old": images("spilo-12:1.6-p5"),
  "image-backup-list-unread": images("spilo-14:2.1-p1"),
  "image-keeps-every-backup": images("spilo-16:3.3-p1"),
  "image-without-irsa": rolesOn("spilo-14:2.1-p6"),
  "image-cannot-assume-role": rolesOn("spilo-16:3.3-p3"),
  "image-asks-global-sts": rolesOn("spilo-14:2.1-p7"),
  "backup-version-too-new": one(
    image("spilo-16:3.3-p3", { restore: { postgresVersion: 15, credentials: "secret" } }),
    image("spilo-16:3.3-p3", { restore: { postgresVersion: 12, credentials: "secret" } }),
  ),
};

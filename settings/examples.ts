const role = "arn:aws:iam::123456789012:role/harbor-database-backups";
const account = "123456789012";
const region = "eu-west-2";
const kmsKey = "arn:aws:kms:eu-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";

/**
 * An example of each setting that has no default, for editors. By the name of the setting, or by its path from the key on
 * where one name has several meanings; lists have no part of their own in a path.
 */
export const settingExamples: Readonly<Record<string, string | number>> = {
  context: "dev",
  kubeconfig: "kube/dev",
  kubeSystemUid: "11111111-1111-4111-8111-111111111111",
  hold: "Its ServiceEntry is wrong; correct that first.",

  "stanza.dumpBucket.owner": account,
  "stanza.dumpBucket.endpointUrl": "https://vpce-1a2b.s3.eu-west-2.vpce.amazonaws.com",
  "stanza.targets.cluster": "calendar/calendar-db",
  "stanza.targets.dump.skip": "It was dumped an hour ago, see TICKET-1.",

  "harbor.cluster": "harbor-cluster/harbor-cluster",
  externalUrl: "https://harbor.example.com",
  spiloImage: "ghcr.io/zalando/spilo-16:3.3-p3",
  endpoint: "https://minio.example.com:9000",
  bucketOwner: account,
  irsaRoleArn: role,
  "harbor.buckets.artifacts.name": "harbor-artifacts",
  "harbor.buckets.databaseBackups.name": "harbor-database-backups",
  region,
  kmsKey,
  kmsKeyId: kmsKey,
  days: 30,
  restoreUid: uid,
  s3: "https://vpce-1a2b.s3.eu-west-2.vpce.amazonaws.com",
  secretsManager: "https://vpce-1a2b.secretsmanager.eu-west-2.vpce.amazonaws.com",
  endUnprovenRestore: "The rows were compared by hand, see TICKET-2.",

  "alarm.name": "dev-postgres",
  clusterName: "dev",
  secondTopic: "arn:aws:sns:eu-west-1:123456789012:on-call",
  rpo: "1h",
  rto: "2h",
  volume: "50Gi",
  storageClass: "standard",
  "harbor.drill.expect.queries.database": "core",
  "harbor.drill.expect.queries.sql": "select count(*) from project",
  "harbor.drill.expect.queries.atLeast": 2,

  "harbor.restore.id": "after-the-fire",
  scope: "postgresql-harbor-cluster-harbor-cluster",
  uid,
  prefix: "harbor-cluster-",
  postgresVersion: 12,
  targetTime: "2026-11-21T09:30:00+00:00",
  lostAt: "2026-11-21T09:35:00+00:00",
  "harbor.restore.bucket": "harbor-database-backups-copy",
  "harbor.restore.expect.queries.database": "registry",
  "harbor.restore.expect.queries.sql": "select count(*) from artifact",
  "harbor.restore.expect.queries.atLeast": 1000,
  systemIdentifier: "7710366851552716423",
  "harbor.restore.proof.skip": "A rehearsal on a machine without Harbor.",
  "harbor.restore.proof.harbor.url": "https://harbor.internal.example.com",
  "harbor.restore.proof.harbor.skip": "Harbor is started only after the check by hand.",
  "harbor.restore.proof.registry.skip": "The artifacts are in another account, see TICKET-2.",
};

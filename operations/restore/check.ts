import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { S3Probe } from "../../clients/aws/s3-probe.ts";
import type { S3Client } from "../../clients/aws/s3.ts";
import { gravest, type Finding } from "../../domain/finding.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import { targetOf, usesRole } from "../../domain/restore/restore.ts";
import { pamRoles } from "../../domain/harbor/pg-hba.ts";
import { needsPodSecret, podConfigKeys, podSecretKeys } from "../../domain/harbor/pod-config.ts";
import { chosenBackup, credentialFindings } from "../../domain/restore/check.ts";
import { ownFolder, type OwnStore } from "../../domain/restore/own-store.ts";
import { judgeRestore, judgeSetup, type OwnPlace, type SetupFacts } from "../../domain/restore/preflight.ts";
import type { Gathered } from "../../domain/gathered.ts";
import { isWorthReading, type ReadReport } from "../../domain/restore/read.ts";
import { placeToRestore, type GatheredPlace } from "../../domain/restore/sources.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import type { S3Location } from "../../domain/aws/s3-location.ts";
import { harborPostgresMajor } from "../../domain/spilo/image.ts";
import { backupPath, spiloLocation } from "../../domain/spilo/path.ts";
import { walgFolders, WalgListingReader } from "../../domain/walg/storage.ts";
import { gathered } from "../gathered.ts";
import type { Surroundings } from "../surroundings.ts";
import { gatherOwnStore } from "./own-store.ts";
import { readContents } from "./read.ts";
import { describeAll, gatherSources } from "./sources.ts";
import { boundedBy, type Ends } from "../ends.ts";
import { listBackups } from "../backups/listing.ts";
import {
  zalandoConfiguration,
  type ConfigurationReader,
  type FoundConfiguration,
} from "../harbor/zalando-configuration.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";

/** What is asked. */
export interface RestoreCheckClients {
  readonly harbor: ConfigurationReader &
    Pick<
      HarborClient,
      "context" | "getPodSecret" | "getPostgresql" | "getSystemIdentifier" | "listDatabases" | "listVolumeClaims"
    >;
  /** The store of the backups to restore, with the credentials that are to read them. */
  readonly source: S3Client;
  /** The store of the new database's own backups. */
  readonly own: S3Client;
  /** The same store, to try whether the Pods' keys may write; undefined when they are not known. */
  readonly probe?: S3Probe | undefined;
}

/**
 * Checks everything that a restore depends on, before anything is changed: the backups at the place that Spilo will
 * compute, their WAL, the new database's own place, the Zalando operator's configuration, pod-config as it is, the image.
 * On request it also reads the backup and the WAL to the end, when nothing else refuses the restore.
 * Without a restore, it checks only what backups depend on. It only reads, except that it creates a small object with the
 * Pods' keys, if they are given, and deletes it again.
 *
 * What cannot be found out, or not within the time limit, is a finding `unknown`, which is never taken for okay.
 *
 * @throws RecoveryError only when it is stopped.
 */
export async function checkRestore(
  clients: RestoreCheckClients,
  request: TaskOf<"restore check">,
  surroundings: Surroundings,
): Promise<ReportOf<"restore check">> {
  const harbor = request.cluster;
  const bound = boundedBy(surroundings.signal, request.timeLimit);
  const { image, operator: names, restore } = request;
  const podConfigName = { namespace: names.namespace, name: names.podConfig };
  const configuration = gathered(
    zalandoConfiguration(clients.harbor, names.namespace, names.configuration),
    surroundings.signal,
  );
  const podSecretName = { namespace: harbor.namespace, name: names.podSecret };
  const ends = { bound, stop: surroundings.signal };
  const [operator, podConfig, podSecret, ownStore, databases, claims, sources, own] = await Promise.all([
    configuration,
    gathered(clients.harbor.getConfigMap(podConfigName), surroundings.signal),
    gathered(clients.harbor.getPodSecret(podSecretName), surroundings.signal),
    storeOf(clients, request, configuration, ends),
    restore && gathered(clients.harbor.listDatabases(), surroundings.signal),
    restore && gathered(clients.harbor.listVolumeClaims(harbor), surroundings.signal),
    restore && gatherSources(clients.source, { image, restore, now: surroundings.now().getTime() }, ends),
    restore && gatherOwn(clients, harbor, request, configuration, bound, surroundings.signal),
  ]);
  const setup: SetupFacts = {
    image,
    irsa: usesRole(request.backup, restore),
    operator,
    declared: {
      podConfig: podConfigName,
      podSecret: names.podSecret,
      podSecretHasKeys: needsPodSecret(request.backup, restore),
      backupBucket: request.backup.bucket,
      pamRoles: pamRoles(request.pgHba),
    },
    podConfig,
    podConfigKeys: podConfigKeys(request.backup, restore),
    podSecret,
    podSecretKeys: podSecretKeys(request.backup, restore),
    ownStore,
    namespace: harbor.namespace,
  };
  const now = surroundings.now().getTime();
  const { context } = clients.harbor;
  const judge = (places: readonly GatheredPlace[] | undefined): Finding[] =>
    restore === undefined ||
    places === undefined ||
    own === undefined ||
    databases === undefined ||
    claims === undefined
      ? judgeSetup(setup)
      : [
          ...judgeRestore({ ...setup, context, restore, now, sources: places, own, harbor, databases, claims }),
          ...credentialFindings(request),
        ];
  const listed = judge(sources);
  const read =
    request.read && isWorthReading(listed)
      ? await readSources(clients.source, request, sources, surroundings)
      : undefined;
  if (request.read && !isWorthReading(listed))
    surroundings.progress("the contents were not read, because the check already refuses the restore");
  const findings = read === undefined ? listed : judge(read.sources);
  return {
    version: 1,
    context: clients.harbor.context,
    cluster: formatObjectName(harbor),
    restore: restore?.id ?? null,
    verdict: gravest(findings),
    findings,
    backup: restore === undefined || sources === undefined ? null : chosenBackup(sources, targetOf(restore)),
    read: read?.report ?? null,
    check: request.check ?? null,
    checkedAt: surroundings.now().toISOString(),
  };
}

/** The places again, with the contents of the one that Spilo will take. */
async function readSources(
  s3: S3Client,
  { readTimeLimit, restore }: TaskOf<"restore check">,
  sources: readonly GatheredPlace[] = [],
  surroundings: Surroundings,
): Promise<{ sources: GatheredPlace[]; report: ReadReport } | undefined> {
  const target = restore && targetOf(restore);
  const place = placeToRestore(sources, target);
  if (place === undefined) return undefined;
  const ends = { bound: boundedBy(surroundings.signal, readTimeLimit), stop: surroundings.signal };
  const read = await readContents(s3, place, target, ends, surroundings);
  if (read === undefined) return undefined;
  const { contents, report } = read;
  return { sources: sources.map((one) => (one === place ? { ...place, contents } : one)), report };
}

/** What the store of the new database's own backups answers; its folder depends on the operator's configuration. */
async function storeOf(
  { own, probe }: RestoreCheckClients,
  { backup, cluster }: TaskOf<"restore check">,
  configuration: Promise<Gathered<FoundConfiguration>>,
  ends: Ends,
): Promise<OwnStore | undefined> {
  const operator = await configuration;
  if ("failed" in operator) return undefined;
  const database = { namespace: cluster.namespace, name: postgresqlName(cluster) };
  const folder = ownFolder(backup.bucket, database, operator.found.configuration.walS3Bucket !== undefined);
  return gatherOwnStore({ own, probe }, folder, backup.credentials, ends);
}

async function gatherOwn(
  { harbor: client, own: s3 }: RestoreCheckClients,
  harbor: ObjectName,
  { backup }: TaskOf<"restore check">,
  configuration: Promise<Gathered<FoundConfiguration>>,
  bound: AbortSignal,
  stop: AbortSignal,
): Promise<Gathered<OwnPlace>> {
  const [postgresql, systemIdentifier] = await Promise.all([
    gathered(client.getPostgresql(harbor), stop),
    gathered(client.getSystemIdentifier(harbor), stop),
  ]);
  if ("failed" in postgresql) return postgresql;
  if (postgresql.found === undefined) return { found: { kind: "not-made" } };
  const operator = await configuration;
  if ("failed" in operator) return { failed: `unknown without the operator's configuration` };
  if ("failed" in systemIdentifier) return systemIdentifier;
  const { uid } = postgresql.found.metadata;
  const postgresVersion = postgresql.found.spec.postgresql?.version ?? String(harborPostgresMajor);
  const database = {
    bucket: backup.bucket,
    name: postgresqlName(harbor),
    namespace: harbor.namespace,
    uid,
    postgresVersion,
  };
  const location = spiloLocation(backupPath(database, operator.found.configuration.walS3Bucket !== undefined));
  const place = await gatherOwnPlace(s3, location, bound, stop);
  const created = Date.parse(postgresql.found.metadata.creationTimestamp);
  return { found: { kind: "made", place, created, systemIdentifier: systemIdentifier.found } };
}

/** Only the existence of WAL matters here, so one page is enough. */
async function gatherOwnPlace(
  s3: S3Client,
  location: S3Location,
  bound: AbortSignal,
  stop: AbortSignal,
): Promise<GatheredPlace> {
  const reader = new WalgListingReader(location.prefix);
  const anyWal = s3.list(
    { bucket: location.bucket, prefix: `${location.prefix}/${walgFolders.wal}/` },
    bound,
    (page) => {
      for (const object of page) reader.add(object);
      return "enough";
    },
  );
  const listing = await gathered(
    Promise.all([listBackups(s3, location, reader, bound), anyWal]).then(() => reader.listing),
    stop,
  );
  const backups = "found" in listing ? listing.found.backups : [];
  return { location, listing, descriptions: await describeAll(s3, location, backups, { bound, stop }) };
}

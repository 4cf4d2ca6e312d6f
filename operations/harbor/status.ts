import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { S3Access, S3Client } from "../../clients/aws/s3.ts";
import type { FindingCodeOf } from "../../domain/catalogue/finding-codes.ts";
import { findingsAt, gravest, type Finding } from "../../domain/finding.ts";
import {
  isReady,
  podRevision,
  podRole,
  spiloRuns,
  spiloVariables,
  type DatabasePod,
} from "../../domain/harbor/objects.ts";
import {
  backupStore,
  cloneVariables,
  judgeBackups,
  judgeClone,
  judgeHarborCluster,
  judgePods,
  judgePostgresql,
  judgeTemplate,
} from "../../domain/harbor/status.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { pamRoles } from "../../domain/harbor/pg-hba.ts";
import { checkPodConfig } from "../../domain/harbor/pod-config-check.ts";
import type { LivePodConfig } from "../../domain/harbor/pod-config-owners.ts";
import type { Gathered } from "../../domain/restore/sources.ts";
import { s3Url } from "../../domain/aws/s3-location.ts";
import { contentProblem } from "../../domain/secrets/copy.ts";
import { secretNames } from "../../domain/secrets/request.ts";
import { walgFolders, WalgListingReader, type WalgListing } from "../../domain/walg/storage.ts";
import { checkZalandoConfiguration } from "../../domain/harbor/zalando-operator.ts";
import { judgeArchiver, judgeNewestWal } from "../../domain/harbor/archiving.ts";
import type { DatabaseAnswer } from "../../domain/stanza/database-answer.ts";
import { readArchiver } from "../../clients/pod/spilo.ts";
import { gathered } from "../gathered.ts";
import { listBackups, listWal } from "../backups/listing.ts";
import type { Surroundings } from "../surroundings.ts";
import { zalandoConfiguration } from "./zalando-configuration.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { SecretContent } from "../../domain/kubernetes/secret.ts";

/** Seconds for the listing of the backups. */
const backupSeconds = 60;

/** The systems that are read. S3 is connected only when the location of the backups is known. */
export interface StatusClients {
  readonly harbor: HarborClient;
  readonly connectS3: (access: S3Access) => Promise<S3Client>;
}

/**
 * Reports on everything around Harbor's database. It only reads. Whatever cannot be read is `unknown` in its section, and
 * does not keep the other sections from being shown.
 */
export async function harborStatus(
  { harbor: client, connectS3 }: StatusClients,
  request: TaskOf<"harbor status">,
  surroundings: Surroundings,
): Promise<ReportOf<"harbor status">> {
  const harbor = request.cluster;
  const { namespace, podConfig: configName, podSecret: secretName, configuration } = request.operator;
  const ask = <T>(answer: Promise<T>): Promise<Gathered<T>> => gathered(answer, surroundings.signal);
  const names = secretNames(harbor, request.alsoSecrets);
  const [cluster, postgresql, statefulSet, pods, identifier, podConfig, podSecret, operator, secrets] =
    await Promise.all([
      ask(client.getHarborCluster(harbor)),
      ask(client.getPostgresql(harbor)),
      ask(client.getStatefulSet(harbor)),
      ask(client.listPods(harbor)),
      ask(client.getSystemIdentifier(harbor)),
      ask(client.getConfigMap({ namespace, name: configName })),
      ask(client.getPodSecret({ namespace: harbor.namespace, name: secretName })),
      ask(zalandoConfiguration(client, namespace, configuration)),
      Promise.all(
        names.map(async (name) => ({
          name,
          secret: await ask(client.getSecret({ namespace: harbor.namespace, name })),
        })),
      ),
    ]);
  const template = foundOr(statefulSet, undefined);
  const config = foundOr(podConfig, undefined)?.data;
  const variables = spiloVariables(template?.spec.template.spec.containers ?? []);
  const podSecretData = "found" in podSecret ? (podSecret.found?.data ?? {}) : undefined;
  const clone = cloneVariables(variables, { ...config, ...podSecretData });
  const podConfigPlace = `ConfigMap ${namespace}/${configName}`;
  const podSecretPlace = `Secret ${harbor.namespace}/${secretName}`;
  const declared = {
    podConfig: { namespace, name: configName },
    podSecret: secretName,
    podSecretHasKeys: Object.keys(podSecretData ?? {}).length > 0,
    backupBucket: config?.["WAL_S3_BUCKET"] ?? foundOr(operator, undefined)?.configuration.walS3Bucket ?? "",
    pamRoles: pamRoles(request.pgHba),
  };
  const archiver = await archiverOf(client, foundOr(pods, []), surroundings.signal);
  const sections = [
    {
      title: "HarborCluster",
      findings: judged(cluster, "HarborCluster", (found) => judgeHarborCluster(harbor, found)),
    },
    {
      title: "postgresql resource",
      findings: judged(postgresql, "postgresql", (found) => judgePostgresql(harbor, found, request.pgHba)),
    },
    {
      title: "Zalando operator",
      findings: judged(
        operator,
        "its configuration",
        ({ configuration: found, where }) => checkZalandoConfiguration(found, declared, where),
        "operator-configuration-unreadable",
      ),
    },
    {
      title: "pod-config",
      findings: judged(
        podConfig,
        podConfigPlace,
        (found) => podConfigFindings(found?.data, podSecretData, podConfigPlace),
        "pod-config-unreadable",
      ),
    },
    {
      title: "pod Secret",
      findings: judged(
        podSecret,
        podSecretPlace,
        (found) => podSecretFindings(found, podSecretPlace),
        "pod-secret-unreadable",
      ),
    },
    {
      title: "Pods' template",
      findings: judged(statefulSet, "StatefulSet", (found) =>
        judgeTemplate(harbor, found, request.pgHba, config && without(config, podSecretData)),
      ),
    },
    {
      title: "restore",
      findings: judged(whole([statefulSet, podConfig], identifier), "CLONE_ values", (found) =>
        judgeClone(clone, found),
      ),
    },
    { title: "Pods", findings: judged(pods, "Pods", (found) => judgePods(harbor, found, template)) },
    {
      title: "Secrets",
      findings: secrets.flatMap(({ name, secret }) =>
        judged(secret, `Secret ${name}`, (found) => secretFindings(harbor, name, found)),
      ),
    },
    ...(archiver === undefined
      ? []
      : [{ title: "archiving", findings: judgeArchiver(`Pod ${harbor.namespace}/${archiver.pod}`, archiver.answer) }]),
    ...(request.backups
      ? await storeSections({ connectS3, archiver: archiver?.answer }, harbor, variables, request, surroundings)
      : []),
  ];
  const revision = template?.status.updateRevision;
  return {
    version: 1,
    context: client.context,
    cluster: formatObjectName(harbor),
    verdict: gravest(sections.flatMap(({ findings }) => findings)),
    sections,
    pods: foundOr(pods, []).map((pod) => ({
      name: pod.metadata.name,
      role: podRole(pod),
      ready: isReady(pod),
      current: podRevision(pod) === revision,
    })),
    clone,
    checkedAt: surroundings.now().toISOString(),
  };
}

/** pod-config without the keys that the pod Secret overrides. */
function without(
  config: Readonly<Record<string, string>>,
  podSecret: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !(key in podSecret)));
}

function foundOr<T, U>(answer: Gathered<T>, otherwise: U): T | U {
  return "found" in answer ? answer.found : otherwise;
}

/** `answer`, or the failure of the first other answer that it needs and that is missing. */
function whole<T>(others: readonly Gathered<unknown>[], answer: Gathered<T>): Gathered<T> {
  return others.find((other) => "failed" in other) ?? answer;
}

function judged<T>(
  answer: Gathered<T>,
  where: string,
  judge: (found: T) => Finding[],
  unreadable: FindingCodeOf<"unknown"> = "object-unreadable",
): Finding[] {
  if ("found" in answer) return judge(answer.found);
  return [findingsAt(where).unknown(unreadable, answer.failed, "")];
}

function podConfigFindings(
  data: Record<string, string> | undefined,
  podSecretData: Readonly<Record<string, string>> | undefined,
  where: string,
): Finding[] {
  if (data !== undefined) return checkPodConfig(data, podSecretData);
  return [
    findingsAt(where).refuse(
      "pod-config-missing",
      "does not exist: the Pods get no values for backups, and Zalando operators 1.8 start them all the same",
      "`pulumi up` creates it",
    ),
  ];
}

function podSecretFindings(secret: LivePodConfig | undefined, where: string): Finding[] {
  const at = findingsAt(where);
  if (secret === undefined) {
    const what = "does not exist: a Zalando operator that names it creates no database without it";
    return [at.warn("pod-secret-missing", what, "`pulumi up` creates it")];
  }
  return [at.ok("pod-secret-present", `has ${Object.keys(secret.data).toSorted().join(", ") || "no keys"}`)];
}

function secretFindings(harbor: ObjectName, name: string, secret: SecretContent | undefined): Finding[] {
  const at = findingsAt(`Secret ${harbor.namespace}/${name}`);
  if (secret === undefined) {
    const fix = "restore it before the HarborCluster is created: postgres-recovery secrets restore";
    return [at.refuse("secret-missing", "does not exist", fix)];
  }
  const problem = contentProblem(harbor, name, secret);
  if (problem === undefined) return [at.ok("secret-present", `has ${Object.keys(secret.data).toSorted().join(", ")}`)];
  return [
    at.refuse(
      "secret-content-wrong",
      problem,
      "correct it; the operators create a new password where the username differs",
    ),
  ];
}

interface FoundArchiver {
  readonly pod: string;
  readonly answer: DatabaseAnswer;
}

/** What the leader's archiver says; undefined when there is no leader whose container runs. */
async function archiverOf(
  { exec }: Pick<HarborClient, "exec">,
  pods: readonly DatabasePod[],
  signal: AbortSignal,
): Promise<FoundArchiver | undefined> {
  const leader = pods.find((pod) => podRole(pod) === "leader" && spiloRuns(pod));
  if (leader === undefined) return undefined;
  const answer = await gathered(readArchiver(exec, leader, signal), signal);
  return { pod: leader.metadata.name, answer: "found" in answer ? answer.found : { unknown: answer.failed } };
}

/** The database's backups and WAL in S3. */
async function storeSections(
  { connectS3, archiver }: Pick<StatusClients, "connectS3"> & { readonly archiver: DatabaseAnswer | undefined },
  harbor: ObjectName,
  variables: Parameters<typeof backupStore>[1],
  { endpointUrl }: Pick<TaskOf<"harbor status">, "endpointUrl">,
  surroundings: Surroundings,
): Promise<ReportOf<"harbor status">["sections"]> {
  const store = backupStore(harbor, variables);
  if (store === undefined) {
    const what = "their place is unknown: the StatefulSet names no bucket or no region";
    const unknown = findingsAt("StatefulSet").unknown("backup-place-unknown", what, "see the sections before");
    return [{ title: "backups", findings: [unknown] }];
  }
  const where = s3Url(store);
  const now = surroundings.now().getTime();
  const s3 = await connectS3({ region: store.region, endpoint: store.endpoint, endpointUrl });
  try {
    const bound = AbortSignal.any([surroundings.signal, AbortSignal.timeout(backupSeconds * 1000)]);
    const reader = new WalgListingReader(store.prefix);
    const backups = await gathered(
      listBackups(s3, store, reader, bound).then(() => reader.listing),
      surroundings.signal,
    );
    const judge = (found: WalgListing): Finding[] =>
      judgeBackups(where, found, now, variables.get("BACKUP_SCHEDULE")?.value);
    const sections = [{ title: "backups", findings: judged(backups, where, judge, "backups-unlisted") }];
    const newest = "found" in backups ? backups.found.backups.at(-1) : undefined;
    // Without a backup there is nothing that WAL could be added to.
    if (newest === undefined) return sections;
    const start = { timeline: newest.timeline, segment: newest.startSegment };
    const wal = await gathered(
      listWal(s3, store, start, reader, bound).then(() => reader.listing),
      surroundings.signal,
    );
    const judgeWal = (found: WalgListing): Finding[] =>
      judgeNewestWal(`${where}/${walgFolders.wal}`, found, archiver, now);
    return [...sections, { title: "WAL", findings: judged(wal, where, judgeWal, "backups-unlisted") }];
  } finally {
    s3.close();
  }
}

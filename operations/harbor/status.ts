import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { S3Access, S3Client } from "../../clients/aws/s3.ts";
import { finding, gravest, type Finding } from "../../domain/finding.ts";
import { isReady, podRevision, podRole, spiloVariables } from "../../domain/harbor/objects.ts";
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
import type { StatusReport, StatusRequest } from "../../domain/harbor/steps.ts";
import { pamRoles } from "../../domain/harbor/pg-hba.ts";
import { checkPodConfig } from "../../domain/harbor/pod-config-check.ts";
import type { Gathered } from "../../domain/restore/preflight.ts";
import { s3Url } from "../../domain/aws/s3-location.ts";
import { contentProblem } from "../../domain/secrets/copy.ts";
import { secretNames } from "../../domain/secrets/request.ts";
import { walgFolders, WalgListingReader } from "../../domain/walg/storage.ts";
import { checkZalandoConfiguration } from "../../domain/harbor/zalando-operator.ts";
import { gathered } from "../gathered.ts";
import type { Surroundings } from "../surroundings.ts";
import { zalandoConfiguration } from "./zalando-configuration.ts";
import { type ObjectName, requestedCluster } from "../../domain/kubernetes/object-name.ts";
import type { SecretContent } from "../../domain/kubernetes/secret.ts";

/** Seconds for the listing of the backups. */
const backupSeconds = 60;

/** What is asked; S3 is connected only when its place is known. */
export interface StatusClients {
  readonly harbor: HarborClient;
  readonly connectS3: (access: S3Access) => Promise<S3Client>;
}

/**
 * Everything around Harbor's database at a glance. It only reads; what cannot be found out is `unknown` in its section,
 * and the rest is shown all the same.
 */
export async function harborStatus(
  { harbor: client, connectS3 }: StatusClients,
  request: StatusRequest,
  surroundings: Surroundings,
): Promise<StatusReport> {
  const harbor = requestedCluster(request);
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
      ask(client.getSecret({ namespace: harbor.namespace, name: secretName })),
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
  const clone = cloneVariables(variables, config);
  const podSecretPlace = `Secret ${harbor.namespace}/${secretName}`;
  const secretKeys = "found" in podSecret ? Object.keys(podSecret.found?.data ?? {}) : undefined;
  const declared = {
    podConfig: { namespace, name: configName },
    podSecret: secretName,
    podSecretHasKeys: (secretKeys ?? []).length > 0,
    backupBucket: config?.["WAL_S3_BUCKET"] ?? foundOr(operator, undefined)?.configuration.walS3Bucket ?? "",
    pamRoles: pamRoles(request.pgHba),
  };
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
      findings: judged(operator, "its configuration", ({ configuration: found, where }) =>
        checkZalandoConfiguration(found, declared, where),
      ),
    },
    {
      title: "pod-config",
      findings: judged(podConfig, `ConfigMap ${namespace}/${configName}`, (found) =>
        podConfigFindings(found?.data, secretKeys, `ConfigMap ${namespace}/${configName}`),
      ),
    },
    {
      title: "pod Secret",
      findings: judged(podSecret, podSecretPlace, (found) => podSecretFindings(found, podSecretPlace)),
    },
    {
      title: "Pods' template",
      findings: judged(statefulSet, "StatefulSet", (found) => judgeTemplate(harbor, found, request.pgHba, config)),
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
    ...(request.backups
      ? [{ title: "backups", findings: await backupFindings(connectS3, harbor, variables, surroundings) }]
      : []),
  ];
  const revision = template?.status.updateRevision;
  return {
    version: 1,
    context: client.context,
    cluster: request.cluster,
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

function foundOr<T, U>(answer: Gathered<T>, otherwise: U): T | U {
  return "found" in answer ? answer.found : otherwise;
}

/** The last answer, unless one of the others is missing, without which it would say too little. */
function whole<T>(others: readonly Gathered<unknown>[], answer: Gathered<T>): Gathered<T> {
  return others.find((other) => "failed" in other) ?? answer;
}

function judged<T>(answer: Gathered<T>, where: string, judge: (found: T) => Finding[]): Finding[] {
  return "found" in answer ? judge(answer.found) : [finding("unknown", answer.failed, where, "")];
}

function podConfigFindings(
  data: Record<string, string> | undefined,
  secretKeys: readonly string[] | undefined,
  where: string,
): Finding[] {
  if (data === undefined)
    return [
      finding(
        "refuse",
        "does not exist: the Pods get no values for backups, and Zalando operators 1.8 start them all the same",
        where,
        "`pulumi up` makes it",
      ),
    ];
  return checkPodConfig(data, secretKeys);
}

function podSecretFindings(secret: SecretContent | undefined, where: string): Finding[] {
  if (secret === undefined)
    return [
      finding(
        "warn",
        "does not exist: where the Zalando operator names it, it makes no database",
        where,
        "`pulumi up` makes it",
      ),
    ];
  return [finding("ok", `has ${Object.keys(secret.data).toSorted().join(", ") || "no keys"}`, where, "")];
}

function secretFindings(harbor: ObjectName, name: string, secret: SecretContent | undefined): Finding[] {
  const where = `Secret ${harbor.namespace}/${name}`;
  if (secret === undefined)
    return [
      finding(
        "refuse",
        "does not exist",
        where,
        `restore it before the HarborCluster is made: postgres-recovery secrets restore`,
      ),
    ];
  const problem = contentProblem(harbor, name, secret);
  return [
    problem === undefined
      ? finding("ok", `has ${Object.keys(secret.data).toSorted().join(", ")}`, where, "")
      : finding(
          "refuse",
          problem,
          where,
          "put it right; the operators make a new password where the username is another one",
        ),
  ];
}

async function backupFindings(
  connectS3: StatusClients["connectS3"],
  harbor: ObjectName,
  variables: Parameters<typeof backupStore>[1],
  surroundings: Surroundings,
): Promise<Finding[]> {
  const store = backupStore(harbor, variables);
  if (store === undefined)
    return [
      finding(
        "unknown",
        "their place is not known: the StatefulSet names no bucket or no region",
        "StatefulSet",
        "see the sections before",
      ),
    ];
  const where = s3Url(store);
  const s3 = await connectS3({ region: store.region, endpoint: store.endpoint });
  try {
    const reader = new WalgListingReader(store.prefix);
    const bound = AbortSignal.any([surroundings.signal, AbortSignal.timeout(backupSeconds * 1000)]);
    const listing = await gathered(
      s3
        .list({ bucket: store.bucket, prefix: `${store.prefix}/${walgFolders.backups}/` }, bound, (page) => {
          for (const object of page) reader.add(object);
          return undefined;
        })
        .then(() => reader.listing),
      surroundings.signal,
    );
    return judged(listing, where, (found) => judgeBackups(where, found, surroundings.now().getTime()));
  } finally {
    s3.close();
  }
}

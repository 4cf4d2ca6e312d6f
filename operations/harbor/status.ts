import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { gravest } from "../../domain/finding.ts";
import { judgeArchiver } from "../../domain/harbor/archiving.ts";
import { judgePodConfig, judgePodSecret, judgeSecret } from "../../domain/harbor/environment-status.ts";
import { isReady, podRevision, podRole, spiloVariables } from "../../domain/harbor/objects.ts";
import { pamRoles } from "../../domain/harbor/pg-hba.ts";
import { judgePods } from "../../domain/harbor/pod-status.ts";
import {
  cloneVariables,
  judgeClone,
  judgeHarborCluster,
  judgePostgresql,
  judgeTemplate,
} from "../../domain/harbor/status.ts";
import { checkZalandoConfiguration } from "../../domain/harbor/zalando-operator.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { Gathered } from "../../domain/gathered.ts";
import { secretNames } from "../../domain/secrets/request.ts";
import type { PodKeys } from "../../domain/harbor/pod-keys.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { gathered } from "../gathered.ts";
import type { Surroundings } from "../surroundings.ts";
import { judged } from "./judged.ts";
import { readPodKeys } from "./pod-keys.ts";
import { similarHarbor } from "./similar-harbor.ts";
import { archiverOf, storeSections, type StoreConnection } from "./store-status.ts";
import { zalandoConfiguration } from "./zalando-configuration.ts";

/** The systems that are read. */
export interface StatusClients extends StoreConnection {
  readonly harbor: HarborClient;
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
  const isMissing = "found" in cluster && cluster.found === undefined;
  const suggestion = isMissing ? await similarHarbor(client, harbor) : undefined;
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
  const keys = await ask(readPodKeys(client, harbor, secretName, foundOr(pods, []), surroundings.signal));
  const sections = [
    {
      title: "HarborCluster",
      findings: judged(cluster, "HarborCluster", (found) => judgeHarborCluster(harbor, found, suggestion)),
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
        (found) => judgePodConfig(found?.data, podSecretData, podConfigPlace),
        "pod-config-unreadable",
      ),
    },
    {
      title: "pod Secret",
      findings: judged(
        podSecret,
        podSecretPlace,
        (found) => judgePodSecret(found, podSecretPlace),
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
    { title: "Pods", findings: judged(pods, "Pods", (found) => judgePods(harbor, found, template, keys)) },
    {
      title: "Secrets",
      findings: secrets.flatMap(({ name, secret }) =>
        judged(secret, `Secret ${name}`, (found) => judgeSecret(harbor, name, found)),
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
      current: podRevision(pod) === revision && foundOr(keys, noKeys).get(pod.metadata.name) !== "old",
    })),
    clone,
    checkedAt: surroundings.now().toISOString(),
  };
}

const noKeys: PodKeys = new Map();

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

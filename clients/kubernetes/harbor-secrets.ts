import { z } from "zod";
import { type ClusterIdentity } from "../../domain/secrets/cluster-identity.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlApi, postgresqlName } from "../../domain/harbor/names.ts";
import type { RestoredSecret, SecretContent } from "../../domain/secrets/copy.ts";
import { coreApi, inNamespace, openApi, unlessStatus, type KubernetesTarget } from "./api.ts";
import { secretSchema, workloadSchema } from "./object-schemas.ts";
import { RequestError } from "./request-error.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { backupsFromEnvironment } from "../../domain/spilo/backups-from-environment.ts";

/** What keeping and restoring secrets needs of one Kubernetes cluster. */
export interface HarborSecretsClient {
  /** A Secret's content; undefined when there is none of that name. */
  getSecret(namespace: string, name: string): Promise<SecretContent | undefined>;
  /** Creates it, unless there is one of that name, which is left as it is. */
  createSecret(secret: RestoredSecret): Promise<"created" | "exists">;
  /** The database of a HarborCluster; undefined when there is no `postgresql` resource. */
  getIdentity(harbor: ObjectName): Promise<ClusterIdentity | undefined>;
}

const objectSchema = z.object({
  metadata: z.object({ uid: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
});

/** A client for the cluster that `target` names; errors as of {@link openApi}. */
export async function connectHarborSecrets(
  target: KubernetesTarget,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<HarborSecretsClient> {
  const { context, create, find } = await openApi(target, signal, progress);

  return {
    getSecret: (namespace, name) => find("secrets", coreApi, { namespace, name }, secretSchema),

    async createSecret(secret) {
      const { namespace } = secret.metadata;
      const path = `${coreApi}${inNamespace(namespace)}/secrets`;
      try {
        const created = await unlessStatus(409, () => create("create secrets", path, secret));
        return created === undefined ? "exists" : "created";
      } catch (error) {
        if (!(error instanceof RequestError && error.httpStatus === 404)) throw error;
        throw new RecoveryError(
          "failed",
          `context ${context}: there is no namespace ${namespace}`,
          `kubectl --context ${context} create namespace ${namespace}`,
        );
      }
    },

    async getIdentity(harbor) {
      const { namespace } = harbor;
      const name = postgresqlName(harbor);
      const own = { namespace, name };
      // Patroni keeps the identifier in Endpoints, or in a ConfigMap where the operator is told so.
      const patroni = { namespace, name: `${name}-config` };
      const [resource, statefulSet, endpoints, configMap] = await Promise.all([
        find(postgresqlApi.plural, `/apis/${postgresqlApi.group}/${postgresqlApi.version}`, own, objectSchema),
        find("statefulsets", "/apis/apps/v1", own, workloadSchema),
        find("endpoints", coreApi, patroni, objectSchema),
        find("configmaps", coreApi, patroni, objectSchema),
      ]);
      if (resource === undefined) return undefined;
      const variables = (statefulSet?.spec.template.spec.containers ?? []).flatMap(({ env }) => env);
      return {
        harbor: formatObjectName(harbor),
        uid: resource.metadata.uid,
        backups: backupsFromEnvironment(namespace, name, new Map(variables.map((one) => [one.name, one.value]))),
        systemIdentifier: systemIdentifierOf((endpoints ?? configMap)?.metadata.annotations["initialize"]),
      };
    },
  };
}

/** While a bootstrap goes on, Patroni's note is empty. */
function systemIdentifierOf(note: string | undefined): string | null {
  return note !== undefined && /^\d+$/.test(note) ? note : null;
}

import { z } from "zod";
import { parsedJson } from "../text.ts";
import {
  containerRuns,
  containersSchema,
  containerStatusesSchema,
  variablesOf,
  type ContainerVariable,
} from "../kubernetes/container.ts";

/** A time of the API server. */
const apiTime = z.iso.datetime({ offset: true });

const ownMetadata = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  generation: z.int().default(0),
  annotations: z.record(z.string(), z.string()).default({}),
  managedFields: z.unknown().optional(),
});

/** The parts of a HarborCluster that are read. */
export const harborClusterSchema = z.object({
  metadata: ownMetadata,
  spec: z.object({
    externalURL: z.string().optional(),
    expose: z
      .object({
        core: z.object({ tls: z.object({ certificateRef: z.string().optional() }).optional() }).optional(),
      })
      .optional()
      .catch(undefined),
    database: z
      .object({
        spec: z.object({ zlandoPostgreSql: z.object({ image: z.string().optional() }).optional() }).optional(),
      })
      .optional(),
  }),
  status: z
    .object({
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().default("") }))
        .default([]),
    })
    .prefault({}),
});
export type HarborCluster = z.infer<typeof harborClusterSchema>;

/** The parts of a `postgresql` resource that are read. */
export const postgresqlSchema = z.object({
  metadata: ownMetadata.extend({ creationTimestamp: apiTime }),
  spec: z.object({
    dockerImage: z.string().optional(),
    numberOfInstances: z.int().default(0),
    postgresql: z.object({ version: z.string() }).optional(),
    patroni: z.object({ pg_hba: z.array(z.string()).default([]) }).prefault({}),
  }),
  // The operator writes a text instead of an object before its first sync is over.
  status: z
    .union([
      z.object({ PostgresClusterStatus: z.string().default("") }),
      z.string().transform((text) => ({ PostgresClusterStatus: text })),
    ])
    .prefault({}),
});
export type Postgresql = z.infer<typeof postgresqlSchema>;

/** The parts of any database of the Zalando operator that a restore depends on. */
export const neighbourSchema = z
  .object({ metadata: z.object({ namespace: z.string(), name: z.string() }), status: postgresqlSchema.shape.status })
  .transform(({ metadata: { namespace, name }, status }) => ({
    name: { namespace, name },
    status: status.PostgresClusterStatus,
  }));

/** What is declared about a HarborCluster that is created elsewhere. An absent part may have any value. */
export interface DeclaredHarbor {
  /** Image of the database's Pods. */
  readonly image?: string | undefined;
  readonly externalUrl?: string | undefined;
}

/** One sentence for each way in which a HarborCluster, or its `postgresql` resource, differs from what is declared. */
export function differencesFrom(
  { externalUrl, image }: DeclaredHarbor,
  cluster: HarborCluster | undefined,
  { spec }: Postgresql,
): string[] {
  const withoutSlash = (url: string): string => url.replace(/\/+$/, "");
  const liveUrl = cluster?.spec.externalURL;
  return [
    ...(image !== undefined && spec.dockerImage !== image
      ? [
          `the database's image is ${spec.dockerImage ?? "the Zalando operator's default"}, and ${image} is declared: set spec.database.spec.zlandoPostgreSql.image of the HarborCluster, or the setting spiloImage`,
        ]
      : []),
    ...(externalUrl !== undefined && liveUrl !== undefined && withoutSlash(liveUrl) !== withoutSlash(externalUrl)
      ? [
          `its externalURL is ${liveUrl}, and ${externalUrl} is declared: set spec.externalURL of the HarborCluster, or the setting externalUrl`,
        ]
      : []),
  ];
}

/** The parts of a PersistentVolumeClaim that are read. */
export const volumeClaimSchema = z
  .object({
    metadata: z.object({ name: z.string(), creationTimestamp: apiTime, deletionTimestamp: z.string().optional() }),
  })
  .transform(({ metadata: { creationTimestamp, deletionTimestamp, name } }) => ({
    name,
    created: Date.parse(creationTimestamp),
    isEnding: deletionTimestamp !== undefined,
  }));

/** The container with the database in every Pod of the Zalando operator. */
export const spiloContainer = "postgres";

/** The parts of the database's StatefulSet that are read. */
export const statefulSetSchema = z.object({
  metadata: ownMetadata,
  spec: z.object({
    replicas: z.int().default(1),
    template: z.object({ spec: z.object({ containers: containersSchema }) }),
  }),
  status: z.object({ updateRevision: z.string().optional(), observedGeneration: z.int().default(0) }).prefault({}),
});
export type StatefulSet = z.infer<typeof statefulSetSchema>;

/** The parts of a Pod of the database that are read. */
export const podSchema = z.object({
  metadata: z.object({
    namespace: z.string(),
    name: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({ containers: containersSchema }),
  status: z
    .object({
      phase: z.string().default(""),
      podIP: z.string().optional(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: containerStatusesSchema,
    })
    .prefault({}),
});
export type DatabasePod = z.infer<typeof podSchema>;

/** The Pod's role by the label that Patroni sets; `none` before the bootstrap has ended. */
export function podRole({ metadata }: DatabasePod): "leader" | "replica" | "none" {
  const role = metadata.labels["spilo-role"];
  if (role === "master" || role === "primary") return "leader";
  return role === "replica" ? "replica" : "none";
}

const patroniStatusSchema = z.object({
  state: z.string().optional().catch(undefined),
  replication_state: z.string().optional().catch(undefined),
});

/**
 * What Patroni last wrote about its member into the Pod's annotation `status`. `state` is for example `running` or
 * `starting`; `replicationState` is for example `streaming`, and only newer versions of Patroni write it.
 */
export function patroniStatus({ metadata }: DatabasePod): {
  readonly state?: string | undefined;
  readonly replicationState?: string | undefined;
} {
  const { data } = patroniStatusSchema.safeParse(parsedJson(metadata.annotations["status"] ?? ""));
  return { state: data?.state, replicationState: data?.replication_state };
}

/** Whether the kubelet reports the Pod as ready, and it is not being deleted. */
export function isReady({ metadata, status }: DatabasePod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status.conditions.some(({ type, status: met }) => type === "Ready" && met === "True")
  );
}

/** Whether a command can be run in the Pod's database container. */
export function spiloRuns({ metadata, status }: DatabasePod): boolean {
  return metadata.deletionTimestamp === undefined && containerRuns(status.containerStatuses, spiloContainer);
}

/** Name of the StatefulSet's revision from which the Pod was created. */
export function podRevision({ metadata }: DatabasePod): string | undefined {
  return metadata.labels["controller-revision-hash"];
}

/** The variables of the database's container, by name. */
export function spiloVariables(containers: z.infer<typeof containersSchema>): Map<string, ContainerVariable> {
  return variablesOf(containers, spiloContainer);
}

/** The parts of a Deployment that are read. */
export const deploymentSchema = z.object({
  spec: z.object({ template: z.object({ spec: z.object({ containers: containersSchema }) }) }),
});

const podConfigMetadata = z.object({
  annotations: z.record(z.string(), z.string()).default({}),
  managedFields: z.unknown(),
});

/** The parts of a ConfigMap that are read. */
export const configMapSchema = z
  .object({
    data: z.record(z.string(), z.string()).default({}),
    metadata: podConfigMetadata,
  })
  .transform(({ data, metadata }) => ({ data, ...metadata }));

const base64Text = z.base64().transform((text) => Buffer.from(text, "base64").toString("utf8"));

/** The parts of the pod Secret that are read, with decoded values. The API server omits `data` if it is empty. */
export const podSecretSchema = z
  .object({
    data: z.record(z.string(), base64Text).default({}),
    metadata: podConfigMetadata,
  })
  .transform(({ data, metadata }) => ({ data, ...metadata }));

/** Patroni's record of a database: annotations of an Endpoints or a ConfigMap. */
export const patroniRecordSchema = z
  .object({ metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }) })
  .transform(({ metadata }) => ({ systemIdentifier: systemIdentifierOf(metadata.annotations["initialize"]) }));

/**
 * PostgreSQL's system identifier by Patroni's annotation `initialize`; undefined when it is not known. While the first
 * bootstrap is under way, the annotation is empty.
 *
 * @example systemIdentifierOf("7301234567890123456") // → "7301234567890123456"
 * @example systemIdentifierOf("") // → undefined
 */
function systemIdentifierOf(annotation: string | undefined): string | undefined {
  return annotation !== undefined && /^\d+$/.test(annotation) ? annotation : undefined;
}

import { z } from "zod";

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
  metadata: ownMetadata,
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

/** What is declared of a HarborCluster that somebody else makes; absent: anything. */
export interface DeclaredHarbor {
  /** Image of the database's Pods. */
  readonly image?: string | undefined;
  readonly externalUrl?: string | undefined;
}

/** Where a HarborCluster, or the resource that was made of it, is not as declared: a sentence each. */
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

/** A variable of a container: a text, or a reference to a key of a Secret, a field of the Pod and the like. */
const variable = z
  .object({
    name: z.string(),
    value: z.string().optional(),
    valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }).optional() }).optional(),
  })
  // The API server leaves an empty text out, and to Spilo that is something else than no variable.
  .transform((one) => (one.valueFrom === undefined ? { ...one, value: one.value ?? "" } : one));
const containers = z.array(
  z.object({ name: z.string(), image: z.string().default(""), env: z.array(variable).default([]) }),
);
export type ContainerVariable = z.infer<typeof variable>;

/** The container with the database in every Pod of the Zalando operator. */
export const spiloContainer = "postgres";

/** The parts of the database's StatefulSet that are read. */
export const statefulSetSchema = z.object({
  metadata: ownMetadata,
  spec: z.object({ replicas: z.int().default(1), template: z.object({ spec: z.object({ containers }) }) }),
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
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({ containers }),
  status: z
    .object({
      phase: z.string().default(""),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z
        .array(z.object({ name: z.string(), state: z.object({ running: z.unknown().optional() }).default({}) }))
        .default([]),
    })
    .prefault({}),
});
export type DatabasePod = z.infer<typeof podSchema>;

/** What a Pod is to Patroni, by the label that Patroni keeps on it; `none` before a bootstrap has ended. */
export function podRole({ metadata }: DatabasePod): "leader" | "replica" | "none" {
  const role = metadata.labels["spilo-role"];
  if (role === "master" || role === "primary") return "leader";
  return role === "replica" ? "replica" : "none";
}

/** Whether the kubelet calls the Pod ready, and nobody deletes it. */
export function isReady({ metadata, status }: DatabasePod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status.conditions.some(({ type, status: met }) => type === "Ready" && met === "True")
  );
}

/** Whether a command can be run in the Pod's database container. */
export function spiloRuns({ metadata, status }: DatabasePod): boolean {
  const container = status.containerStatuses.find(({ name }) => name === spiloContainer);
  return metadata.deletionTimestamp === undefined && container?.state.running !== undefined;
}

/** Name of the revision of the StatefulSet that a Pod was made from. */
export function podRevision({ metadata }: DatabasePod): string | undefined {
  return metadata.labels["controller-revision-hash"];
}

/** The variables of the database's container, by name. */
export function spiloVariables(containersOfPod: z.infer<typeof containers>): Map<string, ContainerVariable> {
  const env = containersOfPod.find(({ name }) => name === spiloContainer)?.env ?? [];
  return new Map(env.map((one) => [one.name, one]));
}

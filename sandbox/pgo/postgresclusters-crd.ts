/** The part of OpenAPI's schema language that is used here. */
interface Schema {
  type: "object" | "string" | "integer" | "boolean" | "array";
  properties?: Record<string, Schema>;
  items?: Schema;
  required?: string[];
  pattern?: string;
  x_kubernetes_preserve_unknown_fields?: boolean;
  x_kubernetes_list_type?: "map";
  x_kubernetes_list_map_keys?: string[];
}

// The client spells "x-kubernetes-preserve-unknown-fields" and similar fields with underscores, except below `items`, which
// it sends as it is: see `spelledOut`.
const anything: Schema = { type: "object", x_kubernetes_preserve_unknown_fields: true };
const text: Schema = { type: "string" };
const integer: Schema = { type: "integer" };
const flag: Schema = { type: "boolean" };

/** The same schema with the field names of OpenAPI. */
function spelledOut(schema: object): Schema {
  const text = JSON.stringify(schema).replaceAll(/"x_[a-z_]+":/g, (name) => name.replaceAll("_", "-"));
  return JSON.parse(text) as Schema;
}

/** A list that is keyed by a field of its items, as in PGO's own CRD. */
function listBy(key: string, properties: Record<string, Schema>): Schema {
  return {
    type: "array",
    items: spelledOut({ ...anything, required: [key], properties }),
    x_kubernetes_list_type: "map",
    x_kubernetes_list_map_keys: [key],
  };
}

const spec: Schema = {
  ...anything,
  required: ["instances", "postgresVersion"],
  properties: {
    postgresVersion: integer,
    image: text,
    paused: flag,
    shutdown: flag,
    standby: { ...anything, properties: { enabled: flag, repoName: text, host: text, port: integer } },
    instances: listBy("name", { name: text, replicas: integer }),
    backups: {
      ...anything,
      properties: {
        pgbackrest: {
          ...anything,
          properties: {
            image: text,
            manual: { ...anything, required: ["repoName"], properties: { repoName: text } },
            repos: listBy("name", {
              name: { ...text, pattern: "^repo[1-4]" },
              schedules: { type: "object", properties: { full: text, differential: text, incremental: text } },
            }),
          },
        },
      },
    },
  },
};

const status: Schema = {
  ...anything,
  properties: {
    observedGeneration: integer,
    // Text, because the identifier has more digits than a JavaScript number can hold.
    patroni: { ...anything, properties: { systemIdentifier: text } },
    instances: {
      type: "array",
      items: spelledOut({
        ...anything,
        properties: { name: text, replicas: integer, readyReplicas: integer, updatedReplicas: integer },
      }),
    },
    pgbackrest: {
      ...anything,
      properties: {
        repoHost: { ...anything, properties: { apiVersion: text, kind: text, ready: flag } },
        manualBackup: {
          ...anything,
          required: ["finished", "id"],
          properties: {
            id: text,
            finished: flag,
            startTime: text,
            completionTime: text,
            active: integer,
            succeeded: integer,
            failed: integer,
          },
        },
        repos: listBy("name", {
          name: text,
          bound: flag,
          volume: text,
          stanzaCreated: flag,
          replicaCreateBackupComplete: flag,
          repoOptionsHash: text,
        }),
      },
    },
    conditions: listBy("type", {
      type: text,
      status: text,
      reason: text,
      message: text,
      observedGeneration: integer,
      lastTransitionTime: text,
    }),
  },
};

/** The part of Crunchy PGO's resource that this project reads, with PGO's own field names. */
export const postgresClusterDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "postgresclusters.postgres-operator.crunchydata.com" },
  spec: {
    group: "postgres-operator.crunchydata.com",
    names: {
      kind: "PostgresCluster",
      listKind: "PostgresClusterList",
      plural: "postgresclusters",
      singular: "postgrescluster",
    },
    scope: "Namespaced",
    versions: [
      {
        name: "v1beta1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            // As in the real definitions, a resource without a spec is admitted.
            properties: { apiVersion: text, kind: text, metadata: { type: "object" }, spec, status },
          },
        },
      },
    ],
  },
};

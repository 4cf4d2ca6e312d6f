import { z } from "zod";

/** Every namespace of a drill begins with this; its id follows. */
const namespacePrefix = "postgres-recovery-drill-";
const managedByLabel = "app.kubernetes.io/managed-by";
const manager = "postgres-recovery";
/** Label with the id of the drill. */
const drillLabel = "postgres-recovery/drill";
/** Label of a namespace that a person wants to look at after the drill. */
const keepLabel = "postgres-recovery/keep";
/** Annotations with the HarborCluster and the place whose backup was restored. */
const clusterAnnotation = "postgres-recovery/drill-of";
const sourceAnnotation = "postgres-recovery/drill-source";

/** Selects the namespaces of all drills. */
export const drillSelector = `${managedByLabel}=${manager},${drillLabel}`;

/** The Lease in the namespace. Its holder renews it as long as the drill runs. */
export const leaseName = "drill";
/** Seconds after which a drill whose Lease was not renewed counts as killed. */
export const leaseSeconds = 300;
/** Seconds between two renewals. */
export const renewSeconds = 30;

/** The name of a drill's namespace. */
export function namespaceName(id: string): string {
  return `${namespacePrefix}${id}`;
}

/** What a drill's namespace says about the drill. */
export interface DrillOrigin {
  readonly id: string;
  /** The HarborCluster, as NAMESPACE/NAME. */
  readonly cluster: string;
  /** `s3://BUCKET/PREFIX`. */
  readonly source: string;
  readonly keep: boolean;
}

/** The labels that every object of a drill has. */
export function drillLabels(id: string): Record<string, string> {
  return { [managedByLabel]: manager, [drillLabel]: id };
}

/** The namespace of a drill. */
export function drillNamespace({ id, cluster, source, keep }: DrillOrigin) {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespaceName(id),
      labels: { ...drillLabels(id), ...(keep && { [keepLabel]: "true" }) },
      annotations: { [clusterAnnotation]: cluster, [sourceAnnotation]: source },
    },
  };
}

export type DrillNamespace = ReturnType<typeof drillNamespace>;

const texts = z.record(z.string(), z.string()).default({});

/** The parts of a namespace that are read. */
export const namespaceSchema = z
  .object({
    metadata: z.object({
      name: z.string(),
      uid: z.string(),
      creationTimestamp: z.iso.datetime({ offset: true }),
      deletionTimestamp: z.string().optional(),
      labels: texts,
      annotations: texts,
    }),
  })
  .transform(({ metadata: { creationTimestamp, deletionTimestamp, ...metadata } }) => ({
    ...metadata,
    /** Milliseconds since 1970. */
    created: Date.parse(creationTimestamp),
    isEnding: deletionTimestamp !== undefined,
  }));
export type FoundNamespace = z.infer<typeof namespaceSchema>;

/** The parts of a Lease that are read. Nobody holds one without a holder. */
export const leaseSchema = z
  .object({
    spec: z
      .object({ holderIdentity: z.string().default(""), renewTime: z.iso.datetime({ offset: true }).optional() })
      .prefault({}),
  })
  .transform(({ spec: { holderIdentity, renewTime } }) => ({
    holder: holderIdentity,
    /** Milliseconds since 1970. */
    renewed: renewTime === undefined ? undefined : Date.parse(renewTime),
  }));
export type FoundLease = z.infer<typeof leaseSchema>;

/** The Lease of a drill that runs, or that its holder has ended when `holder` is empty. */
export function drillLease(id: string, holder: string, now: Date) {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace: namespaceName(id), name: leaseName, labels: drillLabels(id) },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: leaseSeconds,
      renewTime: now.toISOString().replace(/Z$/, "000Z"),
    },
  };
}

/**
 * What is known of a drill's namespace.
 * - `running`: its Lease was renewed lately.
 * - `kept`: the drill is over, and somebody asked for its namespace to stay.
 * - `abandoned`: the drill was killed before it could remove the namespace.
 * - `ending`: the namespace is being deleted.
 * - `unknown`: the Lease could not be read.
 */
export const drillStates = ["running", "kept", "abandoned", "ending", "unknown"] as const;
export type DrillState = (typeof drillStates)[number];

/**
 * The state of a drill.
 *
 * @param lease undefined when there is none yet, or any more; `failed` when it could not be read.
 * @param now milliseconds since 1970.
 */
export function drillState(
  namespace: FoundNamespace,
  lease: FoundLease | undefined | { readonly failed: string },
  now: number,
): DrillState {
  if (namespace.isEnding) return "ending";
  if (lease !== undefined && "failed" in lease) return "unknown";
  if (isHeld(namespace, lease, now)) return "running";
  return namespace.labels[keepLabel] === "true" ? "kept" : "abandoned";
}

function isHeld({ created }: FoundNamespace, lease: FoundLease | undefined, now: number): boolean {
  if (lease?.holder === "") return false;
  // Between the creation of the namespace and that of the Lease, the former counts.
  return now - (lease?.renewed ?? created) < leaseSeconds * 1000;
}

/**
 * Which drill a namespace belongs to; undefined when it is not one that a drill has created. A label alone does not make it
 * one: the name must fit, too.
 */
export function originOf({ name, labels, annotations }: FoundNamespace): DrillOrigin | undefined {
  const id = labels[drillLabel];
  if (id === undefined || labels[managedByLabel] !== manager || name !== namespaceName(id)) return undefined;
  return {
    id,
    cluster: annotations[clusterAnnotation] ?? "",
    source: annotations[sourceAnnotation] ?? "",
    keep: labels[keepLabel] === "true",
  };
}

/**
 * Whether a namespace may be removed. One of a drill that runs, or of which that is not known, never; one that is kept only
 * when it was named.
 */
export function mayRemove(state: DrillState, isNamed: boolean): boolean {
  return state === "abandoned" || (state === "kept" && isNamed);
}

import type { Finding } from "../finding.ts";

/**
 * A resource as a rule sees it, whichever gate it comes through: a preview, an exported state, a manifest or the API server.
 * To read a value that is not known throws.
 */
export interface JudgedResource {
  /** Pulumi's type token, such as `kubernetes:core/v1:ConfigMap`. */
  readonly type: string;
  readonly name: string;
  /** Identifies the resource among those that are judged together. */
  readonly urn: string;
  /** Its inputs; of a Kubernetes object, the whole manifest. */
  readonly props: Readonly<Record<string, unknown>>;
  /** `createSeconds`: 0 when nothing is declared. */
  readonly opts: { readonly customTimeouts: { readonly createSeconds: number } };
}

/** A resource among the others of its stack. */
export interface RelatedResource extends JudgedResource {
  readonly dependencies: readonly RelatedResource[];
  /** The resources that each property comes from. */
  readonly propertyDependencies: Readonly<Record<string, readonly RelatedResource[]>>;
}

/** Everything that is found about one resource; empty when it is right, or not meant. */
export type ResourceJudge = (resource: JudgedResource) => readonly Finding[];

/** A finding, and the resource that it is about. */
export interface StackFinding {
  readonly finding: Finding;
  readonly urn: string;
}
/** Everything that is found about the resources of a stack together. */
export type StackJudge = (resources: readonly RelatedResource[]) => readonly StackFinding[];

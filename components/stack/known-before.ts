import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Duration } from "../../domain/duration.ts";
import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { LookedAt } from "../../domain/stack/look.ts";
import { stackOutputsSchema, type StackOutputs } from "../../domain/stack/outputs.ts";
import { errorText } from "../../domain/stanza/last-run.ts";
import { lookNow } from "../step.ts";

/** A target that may have to be looked at. */
export interface KnownTarget {
  readonly cluster: ObjectName;
  /** Why it is on hold; then it is not looked at. */
  readonly hold?: string | undefined;
  /** `info`: how long pgBackRest may take to answer. */
  readonly timeLimits: { readonly info: Duration };
}

/** What the program knows before it declares anything. */
export interface KnownBefore {
  /** The Kubernetes cluster of the settings, with the UID that it was found to have. */
  readonly kubernetes: KubernetesAccess;
  /** The outputs of the last update. */
  readonly last: StackOutputs;
  /** The stanzas that were looked at, by NAMESPACE/CLUSTER. */
  readonly seen: ReadonlyMap<string, LookedAt>;
}

/**
 * Reads the outputs of this stack's last update, and asks which Kubernetes cluster it is and whether the stanzas of the
 * finished targets still exist. All targets are asked at the same time.
 *
 * If the cluster does not say which one it is, it is taken for the one of the last update, with a warning. Every step makes
 * sure of that before it does anything.
 *
 * @throws pulumi.RunError when the kubeconfig or the context cannot be used, or the cluster is not the declared one.
 */
export async function knownBefore(declared: KubernetesAccess, targets: readonly KnownTarget[]): Promise<KnownBefore> {
  const last = await lastOutputs();
  const finished = targets.filter(({ cluster, hold }) => hold === undefined && isFinished(last, cluster));
  const { clusters, error, kubeSystemUid } = await lookNow("stack look", {
    version: 1,
    kubernetes: declared,
    clusters: finished.map(({ cluster }) => cluster),
    timeLimit: longest(finished),
  });
  const seen = new Map(clusters.map((entry) => [entry.cluster, entry]));
  if (error?.kind === "usage") throw new pulumi.RunError(errorText(error));
  const uid = kubeSystemUid ?? declared.kubeSystemUid ?? last.kubernetes?.kubeSystemUid;
  if (error !== undefined) {
    const taken = uid === undefined ? "" : `; it is taken for the one of the last update (${uid})`;
    void pulumi.log.warn(
      `context ${declared.context} did not say which Kubernetes cluster it is${taken}: ${errorText(error)}`,
    );
  }
  return { kubernetes: { ...declared, ...(uid !== undefined && { kubeSystemUid: uid }) }, last, seen };
}

function isFinished({ stanzas }: StackOutputs, cluster: ObjectName): boolean {
  const last = stanzas.targets[formatObjectName(cluster)];
  return last !== undefined && last.outcome !== "failed";
}

/** Pulumi's engine ends no look, so the CLI has to. */
function longest(targets: readonly KnownTarget[]): Duration {
  return targets.map(({ timeLimits }) => timeLimits.info).reduce((a, b) => (a > b ? a : b), shortest);
}

const shortest = 1 as Duration;

/** A function of Pulumi's engine. The class StackReference would add a resource to the stack that it reads. */
const readOutputs = "pulumi:pulumi:readStackOutputs";

async function lastOutputs(): Promise<StackOutputs> {
  const name = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const answer: unknown = await pulumi.runtime.invoke(readOutputs, { name });
  return stackOutputsSchema.parse(z.object({ outputs: z.unknown() }).parse(answer).outputs ?? {});
}

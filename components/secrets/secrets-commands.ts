import { durationSeconds } from "../../domain/duration.ts";
import type { KubernetesAccess } from "../../domain/stanza-create.ts";

/** Whose secrets are meant. */
export interface HarborSecrets {
  /** The Kubernetes cluster that Harbor is in. */
  readonly kubernetes: KubernetesAccess;
  /** The HarborCluster, as NAMESPACE/NAME. */
  readonly cluster: string;
  /** Secrets of its namespace besides the credentials of postgres, standby and harbor and Harbor's encryption key. */
  readonly also: readonly string[];
  /** Region of AWS Secrets Manager, such as `eu-west-2`. */
  readonly region: string;
}

/** Command text of a step. It goes into the state, so it is the same for every stack and machine; the data goes in on stdin. */
export function secretsCommand(step: "fingerprint" | "keep" | "restore"): string {
  return `exec bin/postgres-recovery secrets ${step} --request - --output json`;
}

/** What a step reads from stdin. */
export function secretsRequest(
  { also, cluster, kubernetes }: HarborSecrets,
  more: { readonly region?: string; readonly uid?: string | undefined; readonly wait?: string },
): string {
  return JSON.stringify({ version: 1, kubernetes, cluster, also, ...more });
}

/** Keeps the first run's report when an input is edited: only another trigger runs the step again. */
export const keepReport = `printf %s "$PULUMI_COMMAND_STDOUT"`;

/** A last bound for the engine, beyond what the step allows itself. */
export function bound(wait = "1s"): { create: string } {
  return { create: `${(durationSeconds(wait) ?? 0) + 600}s` };
}

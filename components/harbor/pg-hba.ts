import * as pulumi from "@pulumi/pulumi";
import type { Duration } from "../../domain/duration.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { ReportOf, RequestOf } from "../../domain/steps/steps.ts";
import { childOf } from "../child-of.ts";
import { clusterIdentity } from "../cluster-identity.ts";
import { look, step } from "../step.ts";
import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";

export interface PgHbaArgs {
  /** The Kubernetes cluster that Harbor is in. */
  readonly kubernetes: KubernetesAccess;
  /** The HarborCluster. */
  readonly cluster: ObjectName;
  /** The image that the database is expected to have. */
  readonly image: string;
  /** The externalURL that the HarborCluster is expected to have. */
  readonly externalUrl: string;
  /** The whole list of pg_hba. */
  readonly pgHba: readonly string[];
  /** How long the Harbor operator may take to create the `postgresql` resource, in seconds. */
  readonly timeLimit: Duration;
  /** Id of the restore that recreates the database. A new id waits for the database's resource again. Default: none. */
  readonly restoreId?: string | undefined;
}

/**
 * Keeps the pg_hba list in the `postgresql` resource, which the Harbor operator creates and overwrites.
 *
 * It uses a command instead of a `CustomResourcePatch` for three reasons:
 * - Pulumi compares a Patch's inputs with those of the last `up`. It would notice only in a refresh that the Harbor
 *   operator has reverted the list. Here every preview and `up` reads the live list. The step, a server-side apply with
 *   its own field manager, runs again when the fingerprint changes (domain/harbor/pg-hba-fingerprint.ts).
 * - On destroy a Patch would remove its lines; this leaves them.
 * - A person can run the same step by hand.
 */
export class PgHba extends pulumi.ComponentResource {
  /** What was found and done. */
  readonly report: pulumi.Output<ReportOf<"harbor pg-hba">>;

  constructor(name: string, args: PgHbaArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:PgHba", name, {}, options);
    const { cluster, externalUrl, image, kubernetes, pgHba, timeLimit } = args;
    const harbor = formatObjectName(cluster);
    const request: RequestOf<"harbor fingerprint"> = { version: 1, kubernetes, cluster, pgHba: [...pgHba] };
    // Waits for the resource. A fingerprint taken before it exists would differ in the next `up`, which would then
    // write again.
    const ready = step(
      "harbor fingerprint",
      `${name}-ready`,
      {
        request: { ...request, wait: timeLimit },
        triggers: [harbor, args.restoreId ?? "", ...clusterIdentity(kubernetes)],
        seconds: timeLimit,
      },
      childOf(this, options),
    );
    const live = look("harbor fingerprint", request, { parent: this, dependsOn: ready.resource });
    live.dropped.apply((lines) =>
      lines.length === 0 ? undefined : pulumi.log.warn(droppedWarning(harbor, lines), this),
    );
    const written = step(
      "harbor pg-hba",
      name,
      {
        request: { ...request, image, externalUrl, timeLimit },
        triggers: [harbor, pgHba, image, externalUrl, live.fingerprint, ...clusterIdentity(kubernetes)],
        seconds: timeLimit,
      },
      { parent: this, dependsOn: ready.resource },
    );
    this.report = written.report;
    this.registerOutputs({ report: this.report });
  }
}

function droppedWarning(harbor: string, lines: readonly string[]): string {
  return [
    `${harbor}: somebody else wrote these lines of pg_hba, and this update removes them and recreates the Pods:`,
    ...lines.map((line) => `  ${line}`),
    "To keep them, add them to harbor.pgHba in the stack's settings.",
  ].join("\n");
}

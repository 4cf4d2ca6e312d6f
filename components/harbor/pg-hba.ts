import * as pulumi from "@pulumi/pulumi";
import type { Duration } from "../../domain/duration.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { ReportOf, RequestOf } from "../../domain/steps/steps.ts";
import { childOf } from "../child-of.ts";
import { look, step } from "../step.ts";
import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";

export interface PgHbaArgs {
  /** The Kubernetes cluster that Harbor is in. */
  readonly kubernetes: KubernetesAccess;
  /** The HarborCluster. */
  readonly cluster: ObjectName;
  /** The image that the database must have. */
  readonly image: string;
  /** The externalURL that the HarborCluster must have. */
  readonly externalUrl: string;
  /** The whole list of pg_hba. */
  readonly pgHba: readonly string[];
  /** How long the Harbor operator may take to make the `postgresql` resource, in seconds. */
  readonly timeLimit: Duration;
  /** The restore that makes the database anew: another one waits for its resource again. Default: none. */
  readonly restoreId?: string | undefined;
}

/**
 * Keeps the list of pg_hba in the `postgresql` resource that the Harbor operator makes and writes over.
 *
 * A command, and no `CustomResourcePatch`. Pulumi compares a Patch's inputs with those of the last `up`, and does not see
 * that the Harbor operator has put its own list back; only a refresh would show it. Here every preview and `up` looks at
 * the live list, and the step, a server-side apply with a field manager of its own, runs again when the fingerprint is
 * another one (domain/harbor/pg-hba-fingerprint.ts). A Patch would also take its lines out again on destroy; this leaves them. And a
 * person runs the same step by hand.
 */
export class PgHba extends pulumi.ComponentResource {
  /** What was found and done. */
  readonly report: pulumi.Output<ReportOf<"harbor pg-hba">>;

  constructor(name: string, args: PgHbaArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:PgHba", name, {}, options);
    const { cluster, externalUrl, image, kubernetes, pgHba, timeLimit } = args;
    const harbor = formatObjectName(cluster);
    const request: RequestOf<"harbor fingerprint"> = { version: 1, kubernetes, cluster, pgHba: [...pgHba] };
    // A look before the resource is made would give another answer than the one after it, and a second `up` would act on it.
    const ready = step(
      "harbor fingerprint",
      `${name}-ready`,
      {
        request: { ...request, wait: timeLimit },
        triggers: [harbor, args.restoreId ?? ""],
        seconds: timeLimit,
      },
      childOf(this, options),
    );
    const { fingerprint } = look("harbor fingerprint", request, { parent: this, dependsOn: ready.resource });
    const written = step(
      "harbor pg-hba",
      name,
      {
        request: { ...request, image, externalUrl, timeLimit },
        triggers: [harbor, pgHba, image, externalUrl, fingerprint],
        seconds: timeLimit,
      },
      { parent: this, dependsOn: ready.resource },
    );
    this.report = written.report;
    this.registerOutputs({ report: this.report });
  }
}

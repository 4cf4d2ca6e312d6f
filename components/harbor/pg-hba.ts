import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Duration } from "../../domain/duration.ts";
import {
  pgHbaRequestSchema,
  pgHbaReportSchema,
  type PgHbaReport,
  type PgHbaRequest,
} from "../../domain/harbor/steps.ts";
import {
  pgHbaLookRequestSchema,
  pgHbaLookReportSchema,
  type PgHbaLookRequest,
} from "../../domain/harbor/pg-hba-fingerprint.ts";
import { childOf } from "../child-of.ts";
import { look, reportOf, step } from "../step.ts";
import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";

export interface PgHbaArgs {
  /** The Kubernetes cluster that Harbor is in. */
  readonly kubernetes: KubernetesAccess;
  /** The HarborCluster, as NAMESPACE/NAME. */
  readonly cluster: string;
  /** The image that the database must have. */
  readonly image: string;
  /** The externalURL that the HarborCluster must have. */
  readonly externalUrl: string;
  /** The whole list of pg_hba. */
  readonly list: readonly string[];
  /** How long the Harbor operator may take to make the `postgresql` resource, in seconds. */
  readonly wait: Duration;
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
  readonly report: pulumi.Output<PgHbaReport>;

  constructor(name: string, args: PgHbaArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:PgHba", name, {}, options);
    const { cluster, externalUrl, image, kubernetes, list, wait } = args;
    const request: PgHbaLookRequest = { version: 1, kubernetes, cluster, pgHba: [...list] };
    const waiting: PgHbaLookRequest = { ...request, wait };
    const writing: PgHbaRequest = { ...request, image, externalUrl, timeLimit: wait };
    // A look before the resource is made would give another answer than the one after it, and a second `up` would act on it.
    const ready = step(
      `${name}-ready`,
      {
        command: "harbor fingerprint",
        request: z.encode(pgHbaLookRequestSchema, waiting),
        triggers: [cluster, args.restoreId ?? ""],
        seconds: wait,
      },
      childOf(this, options),
    );
    const { fingerprint } = reportOf(
      pgHbaLookReportSchema,
      look("harbor fingerprint", request, { parent: this, dependsOn: ready }),
    );
    const written = step(
      name,
      {
        command: "harbor pg-hba",
        request: z.encode(pgHbaRequestSchema, writing),
        triggers: [cluster, list, image, externalUrl, fingerprint],
        seconds: wait,
      },
      { parent: this, dependsOn: ready },
    );
    this.report = reportOf(pgHbaReportSchema, written.stdout);
    this.registerOutputs({ report: this.report });
  }
}

import * as pulumi from "@pulumi/pulumi";
import type { Duration } from "../../domain/duration.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { childOf } from "../child-of.ts";
import { clusterIdentity } from "../cluster-identity.ts";
import { step } from "../step.ts";
import { secretsRequest, type HarborSecretsArgs } from "./harbor-secrets.ts";

export interface RestoredSecretsArgs extends HarborSecretsArgs {
  /** Id of the restore. A new id starts a new restore; with the same id nothing is done again. */
  readonly restoreId: string;
  /** UID of the lost `postgresql` resource. Default: the newest copies are taken. */
  readonly uid?: string | undefined;
  /** How long the Zalando operator may take to finish deleting the lost database. */
  readonly timeLimit: Duration;
}

/**
 * Puts the kept Secrets into Harbor's namespace, once per restore: step 1 of the runbook. It must finish before the
 * HarborCluster is created (use `dependsOn`), because the operators then use the existing Secrets.
 *
 * It uses a command instead of `core.v1.Secret`. From then on the operators own the Secrets, so Pulumi must neither
 * delete them nor write an old password again. Their values also stay out of the state.
 */
export class RestoredSecrets extends pulumi.ComponentResource {
  /** What was restored, and of which database; no values. */
  readonly report: pulumi.Output<ReportOf<"secrets restore">>;

  constructor(name: string, args: RestoredSecretsArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:secrets:RestoredSecrets", name, {}, options);
    const { cluster, endpointUrl, region, restoreId, timeLimit, uid } = args;
    const request = {
      ...secretsRequest(args),
      region,
      endpointUrl,
      wait: timeLimit,
      ...(uid !== undefined && { uid }),
    };
    const restored = step(
      "secrets restore",
      name,
      {
        request,
        triggers: [formatObjectName(cluster), restoreId, ...clusterIdentity(args.kubernetes)],
        seconds: timeLimit,
      },
      childOf(this, options),
    );
    this.report = restored.report;
    this.registerOutputs({ report: this.report });
  }
}

import * as pulumi from "@pulumi/pulumi";
import { secretsRestoreReportSchema, type SecretsRestoreReport } from "../../domain/secrets/request.ts";
import { childOf } from "../child-of.ts";
import { reportOf, step } from "../step.ts";
import { secretsRequest, type HarborSecrets } from "./harbor-secrets.ts";

export interface RestoredSecretsArgs extends HarborSecrets {
  /** Name of the restore. Another one is another restore; with the same one nothing happens again. */
  readonly restoreId: string;
  /** UID of the lost `postgresql` resource. Default: the newest copies are taken. */
  readonly uid?: string | undefined;
}

/**
 * Puts the kept Secrets into Harbor's namespace, once per restore: step 1 of the runbook. It must end before the
 * HarborCluster is made (`dependsOn`), for the operators then take them as their own.
 *
 * A command, and no `core.v1.Secret`: the operators own the Secrets from then on, so Pulumi must neither put back an old
 * password nor delete them; and their values stay out of its state.
 */
export class RestoredSecrets extends pulumi.ComponentResource {
  /** What was restored, and of which database; no values. */
  readonly report: pulumi.Output<SecretsRestoreReport>;

  constructor(name: string, args: RestoredSecretsArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:secrets:RestoredSecrets", name, {}, options);
    const { cluster, region, restoreId, uid } = args;
    const request = { ...secretsRequest(args), region, ...(uid !== undefined && { uid }) };
    const restored = step(
      name,
      { command: "secrets restore", request, triggers: [cluster, restoreId], seconds: 0 },
      childOf(this, options),
    );
    this.report = reportOf(secretsRestoreReportSchema, restored.stdout);
    this.registerOutputs({ report: this.report });
  }
}

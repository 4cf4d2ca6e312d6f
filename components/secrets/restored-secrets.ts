import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { secretsRestoreReportSchema, type SecretsRestoreReport } from "../../domain/secrets-request.ts";
import { bound, keepReport, secretsCommand, secretsRequest, type HarborSecrets } from "./secrets-commands.ts";

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

  constructor(name: string, args: RestoredSecretsArgs, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:secrets:RestoredSecrets", name, {}, options);
    const restored = new local.Command(
      name,
      {
        create: secretsCommand("restore"),
        update: keepReport,
        stdin: secretsRequest(args, { region: args.region, uid: args.uid }),
        triggers: [args.cluster, args.restoreId],
        logging: local.Logging.Stderr,
      },
      { parent: this, customTimeouts: bound() },
    );
    this.report = restored.stdout.apply((stdout) => secretsRestoreReportSchema.parse(JSON.parse(stdout)));
    this.registerOutputs({ report: this.report });
  }
}

import * as pulumi from "@pulumi/pulumi";
import type { DatabaseKeys } from "../../domain/aws/access-keys.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { DeclaredProof } from "../../domain/restore/proof/request.ts";
import type { Backup, Restore } from "../../domain/restore/restore.ts";
import type { ReportOf, RequestOf } from "../../domain/steps/steps.ts";
import { childOf } from "../child-of.ts";
import { clusterIdentity } from "../cluster-identity.ts";
import { reportOf, step } from "../step.ts";
import type { Preflight } from "./preflight.ts";

export interface ProofArgs extends Pick<RequestOf<"restore verify">, "kubernetes" | "cluster"> {
  readonly restore: Restore;
  readonly proof: DeclaredProof;
  /** What the preflight found: the backup that was restored, and when the restore began. */
  readonly preflight: Preflight["report"];
  /** Where the new database writes its own backups. */
  readonly backup: Backup;
  /** Keys for `backup`, if its credentials are `secret`. */
  readonly keys: pulumi.Output<DatabaseKeys>;
  /** UID of the database's resource. Another one is proven again. */
  readonly databaseUid: pulumi.Input<string>;
  /** Address at which this machine reaches AWS S3. Default: AWS's public address. */
  readonly endpointUrl?: string | undefined;
}

const finish =
  "look at Harbor, then finish it soon: `postgres-recovery config finish-restore`, and `pulumi up`. Until then every database of the operator that loses its volumes becomes a copy of Harbor's";

/**
 * Proves that the restored database is the right one and works, once for each restore and for each expectation, and fails
 * the `up` if it is not. What must not happen with an unproven database depends on it. Once it is proven, every preview and
 * `up` reminds of the end of the restore.
 */
export class Proof extends pulumi.ComponentResource {
  /** What was compared, and the verdict. */
  readonly report: pulumi.Output<ReportOf<"restore verify">>;

  constructor(name: string, args: ProofArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:Proof", name, {}, options);
    const { backup, cluster, endpointUrl, kubernetes, preflight, restore } = args;
    const { amcheck, expect, harbor, lostAt, systemIdentifier, timeLimits } = args.proof;
    const declared = { amcheck, expect, harbor, systemIdentifier };
    const { targetTime } = restore;
    const proven = step(
      "restore verify",
      name,
      {
        request: pulumi
          .all([preflight, pulumi.secret(args.keys)])
          .apply(([report, keys]): RequestOf<"restore verify"> => ({
            version: 1,
            kubernetes,
            cluster,
            ...declared,
            lostAt,
            timeLimits,
            targetTime,
            since: report.checkedAt,
            backup: report.backup ?? undefined,
            bucketOwner: backup.bucketOwner,
            keys: backup.credentials === "secret" ? keys.backup : undefined,
            endpointUrl,
          })),
        triggers: [
          formatObjectName(cluster),
          restore.id,
          { targetTime, ...declared },
          preflight.backup,
          args.databaseUid,
          ...clusterIdentity(kubernetes),
        ],
        seconds: timeLimits.total,
      },
      childOf(this, options),
    );
    // The request contains keys, so Pulumi treats all outputs of the command as secret. The report contains no keys.
    this.report = reportOf("restore verify", pulumi.unsecret(proven.resource.stdout));
    // CLONE_ values that outlive their restore are a danger to every database of the operator.
    this.report.apply(({ verdict }) =>
      verdict === "proven" ? pulumi.log.warn(`the restore ${restore.id} is proven: ${finish}`, this) : undefined,
    );
    this.registerOutputs({ report: this.report });
  }
}

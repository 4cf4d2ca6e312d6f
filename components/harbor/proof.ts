import * as pulumi from "@pulumi/pulumi";
import type { DatabaseKeys } from "../../domain/aws/access-keys.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import { unpullable } from "../../domain/registry/unpullable.ts";
import type { DeclaredProof } from "../../domain/restore/proof/request.ts";
import type { Backup, Restore } from "../../domain/restore/restore.ts";
import type { ReportOf, RequestOf } from "../../domain/steps/steps.ts";
import type { BucketArgs } from "../backups/buckets.ts";
import { childOf } from "../child-of.ts";
import { clusterIdentity } from "../cluster-identity.ts";
import { reportOf, step } from "../step.ts";
import type { Preflight } from "./preflight.ts";

export interface ProofArgs extends Pick<RequestOf<"restore verify">, "kubernetes" | "cluster"> {
  readonly restore: Restore;
  readonly proof: DeclaredProof;
  /** What the preflight found: the backup that was restored, and when the restore began. */
  readonly preflight: Preflight["report"];
  /** The bucket in which Harbor stores its artifacts. Default: the registry is not compared. */
  readonly artifacts?: Pick<BucketArgs, "name" | "region"> | undefined;
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
    const { artifacts, backup, cluster, endpointUrl, kubernetes, preflight, restore } = args;
    const { amcheck, expect, harbor, lostAt, systemIdentifier, timeLimits } = args.proof;
    const store = artifacts && { bucket: artifacts.name, region: artifacts.region };
    const registry = { ...args.proof.registry, store };
    const declared = { amcheck, expect, harbor, registry, systemIdentifier };
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
    this.report.apply((report) => {
      const images = unpullable(report.registry?.blobs ?? []);
      if (images.length === 0 || store === undefined) return undefined;
      return pulumi.log.warn(unpullableText(images, cluster, store), this);
    });
    this.registerOutputs({ report: this.report });
  }
}

/** How many images a warning names. */
const namedImages = 20;

function unpullableText(
  images: readonly string[],
  cluster: ObjectName,
  store: { bucket: string; region: string },
): string {
  const more = images.length > namedImages ? ` and ${images.length - namedImages} more` : "";
  const command = `postgres-recovery registry check ${formatObjectName(cluster)} --bucket ${store.bucket} --region ${store.region}`;
  return `these images cannot be pulled: ${images.slice(0, namedImages).join(", ")}${more}. What is missing, and where it can be had back from: ${command}`;
}

/** The verdict, the status of each check, what cannot be pulled, and how much was lost. */
export function proofSummary({ verdict, checks, registry, rpo, rto }: ReportOf<"restore verify">): object {
  const statuses = Object.fromEntries(checks.map(({ check, status, found }) => [check, `${status}: ${found}`]));
  const images = unpullable(registry?.blobs ?? []);
  return { verdict, checks: statuses, ...(images.length > 0 && { cannotBePulled: images }), rpo, rto };
}

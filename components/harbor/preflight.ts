import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { findingSchema } from "../../domain/finding-schema.ts";
import { duration, type Duration } from "../../domain/duration.ts";
import type { Backup, Restore } from "../../domain/restore/restore.ts";
import type { DatabaseKeys } from "../../domain/aws/access-keys.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { restoreCheckReportSchema } from "../../domain/restore/check.ts";
import type { RequestOf } from "../../domain/steps/steps.ts";
import { childOf } from "../child-of.ts";
import { clusterIdentity } from "../cluster-identity.ts";
import { step } from "../step.ts";

export interface PreflightArgs extends Pick<
  RequestOf<"restore check">,
  "kubernetes" | "cluster" | "operator" | "image" | "pgHba"
> {
  /** Where the new database writes its own backups. */
  readonly backup: Backup;
  /** Whether the kept Secrets are restored before the database. A change of it checks everything again. */
  readonly restoresSecrets: boolean;
  /** The declared restore. Default: none; then only the preconditions of backups are checked. */
  readonly restore?: Restore | undefined;
  /** How long downloading and reading the backup may take. Default: it is not read. */
  readonly readTimeLimit?: Duration | undefined;
  /** Address at which this machine reaches AWS S3. Default: AWS's public address. */
  readonly endpointUrl?: string | undefined;
  /** Keys for each side whose credentials are `secret`. */
  readonly keys: pulumi.Output<DatabaseKeys>;
}

/** A report in a stack's state may be older than the codes of findings. */
const storedReportSchema = restoreCheckReportSchema.extend({
  findings: z.array(findingSchema.partial({ code: true })),
});
type StoredReport = z.infer<typeof storedReportSchema>;

/** For listing S3; everything else is a few requests to the API server. */
const timeLimit = duration("5m");

/**
 * Checks all preconditions of the backups and of a restore, once for each set of values, and fails the `up` if one is
 * not met. Every resource that changes the cluster must depend on it: given a wrong value, Spilo creates an empty
 * database and reports no error.
 */
export class Preflight extends pulumi.ComponentResource {
  /** What was found. */
  readonly report: pulumi.Output<StoredReport>;

  constructor(name: string, args: PreflightArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:Preflight", name, {}, options);
    const { cluster, image, kubernetes, operator, pgHba, restore } = args;
    const { kmsKey, bucket, bucketOwner, region, endpoint, credentials } = args.backup;
    const { endpointUrl, readTimeLimit } = args;
    const reading =
      readTimeLimit === undefined ? { read: false, readTimeLimit: timeLimit } : { read: true, readTimeLimit };
    const keys = pulumi.secret(args.keys);
    const declared = {
      image,
      operator,
      backup: { bucket, bucketOwner, region, endpoint, kmsKey, credentials },
      ...(restore && { restore }),
    };
    const checked = step(
      "restore check",
      name,
      {
        request: keys.apply((both): RequestOf<"restore check"> => ({
          version: 1,
          kubernetes,
          cluster,
          ...declared,
          pgHba,
          keys: both,
          endpointUrl,
          timeLimit,
          ...reading,
        })),
        triggers: [
          { cluster: formatObjectName(cluster), ...declared },
          pgHba,
          keys.apply(fingerprint),
          args.restoresSecrets,
          // Only when it is read, so that the check of an older stack does not run again.
          ...(reading.read ? ["read"] : []),
          ...clusterIdentity(kubernetes),
        ],
        seconds: timeLimit + (readTimeLimit ?? 0),
      },
      childOf(this, options),
    );
    // The request contains keys, so Pulumi treats all outputs of the command as secret. The report contains no keys.
    this.report = pulumi.unsecret(checked.resource.stdout).apply((text) => storedReportSchema.parse(JSON.parse(text)));
    this.registerOutputs({ report: this.report });
  }
}

/**
 * Changes with the keys, because S3 may refuse new ones. It is a hash, so that the state does not hold the keys a
 * second time. It is treated as a secret, too.
 */
function fingerprint(keys: DatabaseKeys): string {
  return createHash("sha256").update(JSON.stringify(keys)).digest("hex");
}

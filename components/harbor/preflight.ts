import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { findingSchema } from "../../domain/finding-schema.ts";
import type { Backup, Restore } from "../../domain/restore/restore.ts";
import type { AccessKeys } from "../../domain/harbor/pod-config.ts";
import { restoreCheckReportSchema, type RestoreCheckRequest } from "../../domain/restore/check.ts";
import { childOf } from "../child-of.ts";
import { reportOf, step } from "../step.ts";

export interface PreflightArgs extends Pick<
  RestoreCheckRequest,
  "kubernetes" | "cluster" | "operator" | "image" | "pgHba"
> {
  /** Where the new database writes its own backups. */
  readonly backup: Backup;
  /** The restore that is declared. Default: none, and then only what backups rest upon is looked at. */
  readonly restore?: Restore | undefined;
  /** Keys for each side whose credentials are `secret`. */
  readonly keys: pulumi.Output<{ readonly backup?: AccessKeys | undefined; readonly restore?: AccessKeys | undefined }>;
}

/** The report in a stack's state may be from before findings had codes. */
const storedReportSchema = restoreCheckReportSchema.extend({
  findings: z.array(findingSchema.partial({ code: true })),
});
type StoredReport = z.infer<typeof storedReportSchema>;

/** What reading S3 may take; the rest is a few questions to the API server. */
const seconds = 300;

/**
 * Looks at everything that the backups and a restore rest upon, once for each set of values, and fails the `up` when it
 * cannot work. What changes the cluster must depend on it: Spilo answers a wrong value with an empty database, and no
 * error.
 */
export class Preflight extends pulumi.ComponentResource {
  /** What was found. */
  readonly report: pulumi.Output<StoredReport>;

  constructor(name: string, args: PreflightArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:Preflight", name, {}, options);
    const { cluster, image, keys, kubernetes, operator, pgHba, restore } = args;
    const { bucket, region, endpoint, credentials } = args.backup;
    const declared = {
      cluster,
      image,
      operator,
      backup: { bucket, region, endpoint, credentials },
      ...(restore !== undefined && { restore }),
    };
    const request = pulumi.secret(keys).apply((both) => ({ version: 1, kubernetes, ...declared, pgHba, keys: both }));
    const checked = step(
      name,
      { command: "restore check", request, triggers: [declared], seconds },
      childOf(this, options),
    );
    // The request holds keys, and with it everything of the command is secret. The report holds none.
    this.report = reportOf(storedReportSchema, pulumi.unsecret(checked.stdout));
    this.registerOutputs({ report: this.report });
  }
}

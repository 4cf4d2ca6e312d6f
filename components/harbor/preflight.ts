import { createHash, randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { findingSchema } from "../../domain/finding-schema.ts";
import { duration, type Duration } from "../../domain/duration.ts";
import type { Environment } from "../../domain/harbor/environment.ts";
import { endsUnproven, type LastRestore } from "../../domain/restore/finish.ts";
import type { Backup, Restore } from "../../domain/restore/restore.ts";
import type { DatabaseKeys } from "../../domain/aws/access-keys.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { keysOf, podConfigData, podSecretData } from "../../domain/harbor/pod-config.ts";
import { restoreCheckReportSchema } from "../../domain/restore/check.ts";
import type { RequestOf } from "../../domain/steps/steps.ts";
import { childOf } from "../child-of.ts";
import { clusterIdentity } from "../cluster-identity.ts";
import { look, step } from "../step.ts";

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
  /** What the last `up` left about a restore. Default: nothing. */
  readonly lastRestore?: LastRestore | undefined;
  /** Why a restore is ended although the database was not proven. Default: it is not. */
  readonly endUnproven?: string | undefined;
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
 * Checks all preconditions of the backups and of a restore, and fails the `up` if one is not met. Every resource that
 * changes the cluster must depend on it: given a wrong value, Spilo creates an empty database and reports no error.
 *
 * It runs in every `up` that will write pod-config or the pod Secret, so that nothing is written on the word of an old
 * check: each preview and `up` compares both objects with what is declared, and asks for a new check when they differ. A
 * check has a random id, which both objects carry as an annotation. While they are as declared, the check that they name
 * stays the last one.
 */
export class Preflight extends pulumi.ComponentResource {
  /** What was found. */
  readonly report: pulumi.Output<StoredReport>;
  /**
   * Id of the check that approved the values. Whatever writes them must take it as an input: then `--target` and
   * `--exclude` cannot write values past the check, because without a check of them this output is an error.
   */
  readonly approvedCheck: pulumi.Output<string>;
  /** Ids of pod-config and of the pod Secret; a new one for an object that is missing. */
  readonly instances: Environment<pulumi.Output<string>>;

  constructor(name: string, args: PreflightArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:Preflight", name, {}, options);
    const { cluster, image, kubernetes, operator, pgHba, restore } = args;
    const restoreId = restore?.id ?? null;
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
    const environment = this.#environment(args, keys);
    const check = environment.apply((live) => live.check);
    this.instances = {
      podConfig: environment.apply(({ instances }) => instances.podConfig),
      podSecret: environment.apply(({ instances }) => instances.podSecret),
    };
    const checked = step(
      "restore check",
      name,
      {
        request: pulumi.all([keys, check]).apply(([both, id]): RequestOf<"restore check"> => ({
          version: 1,
          check: id,
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
          endpointUrl ?? "",
          check,
          ...clusterIdentity(kubernetes),
        ],
        seconds: timeLimit + (readTimeLimit ?? 0),
      },
      childOf(this, options),
    );
    // The request contains keys, so Pulumi treats all outputs of the command as secret. The report contains no keys.
    this.report = pulumi.unsecret(checked.resource.stdout).apply(reportIn);
    this.approvedCheck = knownInUpdate(
      pulumi.all([this.report, check]).apply(([report, id]) => {
        if (report.check !== id || report.restore !== restoreId) throw new pulumi.RunError(notChecked);
        return id;
      }),
    );
    this.registerOutputs({ report: this.report });
  }

  /**
   * The id of the check by which the Pods' environment was written, a new one when it has to be written; and the ids of its
   * objects.
   */
  #environment(args: PreflightArgs, keys: pulumi.Output<DatabaseKeys>) {
    const { backup, cluster, kubernetes, operator, restore } = args;
    const { namespace, podConfig, podSecret } = operator;
    const request = keys.apply((both): RequestOf<"harbor environment"> => ({
      version: 1,
      kubernetes,
      cluster,
      operator: { namespace, podConfig, podSecret },
      podConfigData: podConfigData(backup, restore),
      podSecretData: podSecretData(keysOf(both, backup, restore)),
    }));
    // The request contains keys; the answer contains none.
    return pulumi
      .unsecret(look("harbor environment", request, { parent: this }))
      .apply(({ check, clone, instances }) => {
        const ends = restore === undefined && args.endUnproven === undefined && endsUnproven(clone, args.lastRestore);
        if (ends) throw new pulumi.RunError(unproven);
        return {
          check: check ?? randomUUID(),
          instances: {
            podConfig: instances.podConfig ?? randomUUID(),
            podSecret: instances.podSecret ?? randomUUID(),
          },
        };
      });
  }
}

const unproven =
  "the settings declare no restore any more, and the one whose CLONE_ values are in pod-config was never proven: declare it again, and run `pulumi up` to its end; or say in harbor.endUnprovenRestore why it is ended all the same. Nothing was written";

const notChecked =
  "the preflight has not checked the values of pod-config and the pod Secret as they are declared now, and `--target` or `--exclude` leaves it out: run `pulumi up` without them. Nothing was written";

function reportIn(stdout: string): StoredReport {
  return storedReportSchema.parse(JSON.parse(stdout));
}

/**
 * The same output, which is an error in an update if it is not known. With `--exclude`, Pulumi does not say what a command
 * printed that has never run, and creates what depends on it without the value (seen with 3.259.0). In a preview it is not
 * known of any command that will run.
 */
function knownInUpdate<T>(output: pulumi.Output<T>): pulumi.Output<T> {
  if (pulumi.runtime.isDryRun()) return output;
  // Part of every Output, although the types do not have it: `apply` is not called for a value that is not known.
  const { isKnown } = output as unknown as { readonly isKnown: Promise<boolean> };
  return pulumi.output(isKnown).apply((known) => {
    if (!known) throw new pulumi.RunError(notChecked);
    return output;
  });
}

/**
 * Changes with the keys, because S3 may refuse new ones. It is a hash, so that the state does not hold the keys a
 * second time. It is treated as a secret, too.
 */
function fingerprint(keys: DatabaseKeys): string {
  return createHash("sha256").update(JSON.stringify(keys)).digest("hex");
}

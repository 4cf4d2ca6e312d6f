import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Duration } from "../../domain/duration.ts";
import { copyName } from "../../domain/secrets/copy-place.ts";
import { secretNames } from "../../domain/secrets/request.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { childOf } from "../child-of.ts";
import { clusterIdentity } from "../cluster-identity.ts";
import { look, step } from "../step.ts";
import { secretsRequest, type HarborSecretsArgs } from "./harbor-secrets.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";

export interface KeptSecretsArgs extends HarborSecretsArgs {
  /** How long the operators may take to create the secrets, in seconds. */
  readonly timeLimit: Duration;
  /** Id of the restore that recreates the database. A new id waits for the database's secrets again. Default: none. */
  readonly restoreId?: string | undefined;
  /** ARN, id or alias of a customer-managed KMS key for the copies. Default: aws/secretsmanager. */
  readonly kmsKeyId?: string | undefined;
  /**
   * Regions that hold a replica of each copy, each with its own KMS key (default: aws/secretsmanager there). Default:
   * none.
   */
  readonly replicas?: readonly { readonly region: string; readonly kmsKeyId?: string | undefined }[] | undefined;
  /** Days in which a deleted copy can be recovered, from 7 to 30. Default: 30. */
  readonly recoveryWindowDays?: number | undefined;
  /**
   * `true` when an earlier stack has created the copies: they are only looked up, and never created, changed or
   * deleted. Default: false.
   */
  readonly adopt?: boolean | undefined;
}

/**
 * Keeps copies of a Harbor's vital Secrets in AWS Secrets Manager.
 *
 * The secrets in Secrets Manager (name, key, replicas, recovery window) are Pulumi resources. Their content is written
 * by the CLI command `secrets keep`, and not by `core.v1.Secret.get` with a `SecretVersion`, for four reasons:
 * - The values never get into Pulumi's state, files or logs, not even encrypted.
 * - Whether a good copy must not be overwritten depends on the copy in Secrets Manager, not on the one in the state.
 * - `get` of a Secret that does not exist fails the preview, and in a lost cluster no Secret exists.
 * - A secret that is scheduled for deletion can be restored first, and a person can run the same step by hand.
 *
 * The names contain the UID of the Kubernetes cluster. So the same stack on a rebuilt cluster creates new secrets, and the
 * old ones stay in AWS. For this reason the secrets are kept with `retainOnDelete` and not with `protect`, which would
 * refuse the new names.
 *
 * Every preview and `up` computes a fingerprint of the Secrets, and `secrets keep` runs again when it changes. The
 * fingerprint is stored in the state as a secret, because it is derived from the content.
 */
export class KeptSecrets extends pulumi.ComponentResource {
  /** What was kept, and of which database; no values. */
  readonly report: pulumi.Output<ReportOf<"secrets keep">>;

  constructor(name: string, args: KeptSecretsArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:secrets:KeptSecrets", name, {}, options);
    const { cluster, endpointUrl, region, restoreId = "", timeLimit } = args;
    const harbor = formatObjectName(cluster);
    const request = secretsRequest(args);
    // Not after `ready`: a restore runs that again, and a preview would then not know the names.
    const uid = pulumi.output(
      args.kubernetes.kubeSystemUid ?? look("secrets fingerprint", request, { parent: this }).kubernetes,
    );
    const places = secretNames(cluster, args.also).map((secret) =>
      this.#place(
        // Resource names of older versions: with another one, a stack could not give up the protected old resource.
        copyName({ kubernetes: undefined, harbor: cluster }, secret),
        uid.apply((kubernetes) => copyName({ kubernetes, harbor: cluster }, secret)),
        args,
      ),
    );
    const identity = clusterIdentity(args.kubernetes);
    const ready = step(
      "secrets fingerprint",
      `${name}-ready`,
      { request: { ...request, wait: timeLimit }, triggers: [harbor, restoreId, ...identity], seconds: timeLimit },
      { ...childOf(this, options), additionalSecretOutputs: ["stdout"] },
    );
    const { fingerprint } = look("secrets fingerprint", request, { parent: this, dependsOn: ready.resource });
    const kept = step(
      "secrets keep",
      name,
      {
        request: { ...request, region, endpointUrl },
        triggers: [harbor, pulumi.secret(fingerprint), ...identity],
        seconds: 0,
      },
      { parent: this, dependsOn: places },
    );
    this.report = kept.report;
    this.registerOutputs({ report: this.report });
  }

  #place(name: string, copy: pulumi.Output<string>, args: KeptSecretsArgs): aws.secretsmanager.Secret {
    const { kmsKeyId, region, replicas = [] } = args;
    if (args.adopt === true)
      return aws.secretsmanager.Secret.get(`${name}-adopted`, copy, { region }, { parent: this });
    return new aws.secretsmanager.Secret(
      name,
      {
        name: copy,
        region,
        description: `Copy of a Kubernetes Secret of Harbor ${formatObjectName(args.cluster)}, kept by postgres-recovery`,
        recoveryWindowInDays: args.recoveryWindowDays ?? 30,
        ...(kmsKeyId !== undefined && { kmsKeyId }),
        ...(replicas.length > 0 && { replicas: replicas.map((replica) => ({ ...replica })) }),
      },
      { parent: this, retainOnDelete: true },
    );
  }
}

import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Duration } from "../../domain/duration.ts";
import { copyName } from "../../domain/secrets/copy.ts";
import { secretNames } from "../../domain/secrets/request.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { childOf } from "../child-of.ts";
import { look, step } from "../step.ts";
import { secretsRequest, type HarborSecretsArgs } from "./harbor-secrets.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";

export interface KeptSecretsArgs extends HarborSecretsArgs {
  /** How long the operators may take to make the secrets, in seconds. */
  readonly timeLimit: Duration;
  /** The restore that makes the database anew: another one waits for its secrets again. Default: none. */
  readonly restoreId?: string | undefined;
  /** ARN, id or alias of a customer-managed KMS key for the copies. Default: aws/secretsmanager. */
  readonly kmsKeyId?: string | undefined;
  /** Regions that hold a replica of each copy, each with its own KMS key (default: aws/secretsmanager there). Default: none. */
  readonly replicas?: readonly { readonly region: string; readonly kmsKeyId?: string | undefined }[] | undefined;
  /** Days in which a deleted copy can be had back, from 7 to 30. Default: 30. */
  readonly recoveryWindowDays?: number | undefined;
  /** `true` when an earlier stack has made the copies: they are looked up, and never made, changed or deleted. Default: false. */
  readonly adopt?: boolean | undefined;
  /** Whether `pulumi destroy` refuses while the copies are in the stack. Default: true. When false, they are left in place. */
  readonly protect?: boolean | undefined;
}

/**
 * Keeps copies of a Harbor's vital Secrets in AWS Secrets Manager.
 *
 * The places (name, key, replicas, recovery window) are resources. The content is written by the CLI command
 * `secrets keep`, and not by `core.v1.Secret.get` with a `SecretVersion`, for four reasons:
 * - the values stay out of Pulumi's state, its files and its logs altogether, encrypted or not;
 * - a decision not to overwrite a good copy has to look at that copy in Secrets Manager, not at what the state remembers;
 * - `get` of a Secret that does not exist fails the preview, and that is how a lost cluster looks;
 * - a secret that waits for its deletion can be taken back, and a person can run the same step by hand.
 *
 * Every preview and `up` asks for a fingerprint of the Secrets, and `secrets keep` runs again when it is another one. It
 * goes into the state as a secret, for it is made of the content.
 */
export class KeptSecrets extends pulumi.ComponentResource {
  /** What was kept, and of which database; no values. */
  readonly report: pulumi.Output<ReportOf<"secrets keep">>;

  constructor(name: string, args: KeptSecretsArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:secrets:KeptSecrets", name, {}, options);
    const { cluster, region, restoreId = "", timeLimit } = args;
    const harbor = formatObjectName(cluster);
    const places = secretNames(cluster, args.also).map((secret) =>
      this.#place(copyName(cluster, secret), harbor, args),
    );
    const request = secretsRequest(args);
    const ready = step(
      "secrets fingerprint",
      `${name}-ready`,
      { request: { ...request, wait: timeLimit }, triggers: [harbor, restoreId], seconds: timeLimit },
      { ...childOf(this, options), additionalSecretOutputs: ["stdout"] },
    );
    const { fingerprint } = look("secrets fingerprint", request, { parent: this, dependsOn: ready.resource });
    const kept = step(
      "secrets keep",
      name,
      { request: { ...request, region }, triggers: [harbor, pulumi.secret(fingerprint)], seconds: 0 },
      { parent: this, dependsOn: places },
    );
    this.report = kept.report;
    this.registerOutputs({ report: this.report });
  }

  #place(copy: string, harbor: string, args: KeptSecretsArgs): aws.secretsmanager.Secret {
    const { kmsKeyId, region, replicas = [] } = args;
    if (args.adopt === true)
      return aws.secretsmanager.Secret.get(`${copy}-adopted`, copy, { region }, { parent: this });
    return new aws.secretsmanager.Secret(
      copy,
      {
        name: copy,
        region,
        description: `Copy of a Kubernetes Secret of Harbor ${harbor}, kept by postgres-recovery`,
        recoveryWindowInDays: args.recoveryWindowDays ?? 30,
        ...(kmsKeyId !== undefined && { kmsKeyId }),
        ...(replicas.length > 0 && { replicas: replicas.map((replica) => ({ ...replica })) }),
      },
      { parent: this, protect: args.protect ?? true, retainOnDelete: true },
    );
  }
}

import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import {
  backupReaderPolicy,
  backupWriterPolicy,
  type PolicyDocument,
  type ReaderAccess,
  type WriterAccess,
} from "../../domain/backups/iam.ts";
import { childOf } from "../child-of.ts";

export interface BackupWriterArgs {
  /** The database that writes its backups. */
  readonly writer: WriterAccess;
}

/** Creates the IAM policy with the least permissions that the database needs to write its backups. */
export class BackupWriter extends pulumi.ComponentResource {
  /** ARN of the policy for the role or user with which the database writes. */
  readonly policyArn: pulumi.Output<string>;

  constructor(name: string, { writer }: BackupWriterArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:backups:BackupWriter", name, {}, options);
    this.policyArn = policy(
      name,
      `Write backups of ${writer.scope}`,
      backupWriterPolicy(writer),
      childOf(this, options),
    );
    this.registerOutputs({ policyArn: this.policyArn });
  }
}

export interface BackupReadersArgs {
  /** The database's own backups: a later restore of them needs no new policy. */
  readonly own: ReaderAccess;
  /** Backups elsewhere that are restored. Default: none. */
  readonly source?: ReaderAccess | undefined;
}

/** Creates IAM policies with the least permissions that a restore, or a check of the backups, needs. */
export class BackupReaders extends pulumi.ComponentResource {
  /** ARN of the policy for whoever reads the database's own backups. */
  readonly ownPolicyArn: pulumi.Output<string>;
  /** ARN of the policy for whoever reads the backups elsewhere. */
  readonly sourcePolicyArn: pulumi.Output<string> | undefined;

  constructor(name: string, { own, source }: BackupReadersArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:backups:BackupReaders", name, {}, options);
    const child = childOf(this, options);
    this.ownPolicyArn = policy(`${name}-own`, `Read backups of ${own.scope}`, backupReaderPolicy(own), child);
    this.sourcePolicyArn =
      source && policy(`${name}-source`, `Read backups of ${source.scope}`, backupReaderPolicy(source), child);
    this.registerOutputs({ ownPolicyArn: this.ownPolicyArn, sourcePolicyArn: this.sourcePolicyArn });
  }
}

/**
 * A policy that is not attached to anything: the owner of the AWS account decides which role or user gets it. So it stays
 * in AWS when the stack no longer declares it, because AWS refuses to delete an attached policy.
 */
function policy(
  name: string,
  description: string,
  document: PolicyDocument,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const args = { description, policy: JSON.stringify(document) };
  return new aws.iam.Policy(name, args, { ...options, retainOnDelete: true }).arn;
}

import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import {
  backupReaderPolicy,
  backupWriterPolicy,
  type ReaderAccess,
  type WriterAccess,
} from "../../domain/backups/iam.ts";
import { childOf } from "../child-of.ts";

export interface BackupAccessArgs {
  /** The database that writes its backups. */
  readonly writer: WriterAccess;
  /** The backups that are restored or checked. Default: none, so no reader's policy is created. */
  readonly reader?: ReaderAccess | undefined;
}

/**
 * Creates IAM policies with the least permissions that backups and restores need. They are not attached to anything:
 * the owner of the AWS account decides which role or user gets them.
 */
export class BackupAccess extends pulumi.ComponentResource {
  /** ARN of the policy for the role or user with which the database writes. */
  readonly writerPolicyArn: pulumi.Output<string>;
  /** ARN of the policy for the role or user with which a restore reads. */
  readonly readerPolicyArn: pulumi.Output<string> | undefined;

  constructor(name: string, args: BackupAccessArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:backups:BackupAccess", name, {}, options);
    this.writerPolicyArn = new aws.iam.Policy(
      `${name}-writer`,
      { description: `Write backups of ${args.writer.scope}`, policy: JSON.stringify(backupWriterPolicy(args.writer)) },
      childOf(this, options),
    ).arn;
    if (args.reader !== undefined) {
      this.readerPolicyArn = new aws.iam.Policy(
        `${name}-reader`,
        {
          description: `Read backups of ${args.reader.scope}`,
          policy: JSON.stringify(backupReaderPolicy(args.reader)),
        },
        childOf(this, options),
      ).arn;
    }
    this.registerOutputs({ writerPolicyArn: this.writerPolicyArn, readerPolicyArn: this.readerPolicyArn });
  }
}

import { partitionOf } from "../aws/partition.ts";
import { databaseFolder } from "../spilo/path.ts";

/** An IAM policy document, as AWS takes it. */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

/** One statement; `Principal` only in the policy of a bucket. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** The backups of one database, or of all databases that ever had its name. */
export interface BackupFolder {
  readonly bucket: string;
  /** Region of the bucket, such as `eu-west-2`. */
  readonly region: string;
  /** Name of the `postgresql` resource, or another folder below `spilo/`. */
  readonly scope: string;
  /** UID of the `postgresql` resource. Absent: every UID, because it is not known before the database is created. */
  readonly uid?: string | undefined;
}

/** What a writer of backups may access. */
export interface WriterAccess extends BackupFolder {
  /** UIDs of the same scope that are only read, such as the source of a restore: nothing may be written or deleted there. */
  readonly readOnlyUids?: readonly string[];
  /** ARN, id or alias of the customer-managed key of the bucket. */
  readonly kmsKey?: string | undefined;
}

/** What a reader of backups may access. */
export interface ReaderAccess extends BackupFolder {
  /** ARN, id or alias of the customer-managed key of the bucket. */
  readonly kmsKey?: string | undefined;
}

const deletion = ["s3:DeleteObject", "s3:AbortMultipartUpload"];

/**
 * What WAL-G needs to write backups and WAL, to read them (replicas and a repair fetch WAL from there), and to delete
 * what its retention drops. In a versioned bucket a deletion only hides an object, because `s3:DeleteObjectVersion` is not
 * granted. WAL-G 3.0.6 and newer would delete every version, or nothing at all without that permission (wal-g/wal-g#2143,
 * #2549); `checkSpiloImage` accepts no image with them. The region must be set (AWS_REGION), else WAL-G also needs `s3:GetBucketLocation` (wal-g docs/STORAGES.md).
 */
export function backupWriterPolicy(access: WriterAccess): PolicyDocument {
  const { readOnlyUids = [] } = access;
  const readOnly = readOnlyUids.map((uid) => objectsOf({ ...access, uid }));
  return document(
    listStatement(access),
    allow(
      "WriteBackups",
      ["s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", ...deletion],
      objectsOf(access),
    ),
    ...(readOnly.length > 0
      ? [
          {
            Sid: "NeverIntoTheSource",
            Effect: "Deny",
            Action: ["s3:PutObject", ...deletion],
            Resource: readOnly,
          } as const,
        ]
      : []),
    // GenerateDataKey to encrypt; Decrypt also to finish an upload in parts.
    ...keyStatement(access, ["kms:GenerateDataKey", "kms:Decrypt"]),
  );
}

/** What a restore, or a check of the backups, needs: to list and to read, and nothing else. */
export function backupReaderPolicy(access: ReaderAccess): PolicyDocument {
  return document(
    listStatement(access),
    allow("ReadBackups", ["s3:GetObject"], objectsOf(access)),
    ...keyStatement(access, ["kms:Decrypt"]),
  );
}

/**
 * The policy of the bucket itself. It denies requests without TLS or with TLS older than 1.2. It also denies objects that
 * are encrypted with the uploader's own key (SSE-C): with stolen credentials, a thief could use that to lock the owner out.
 */
export function bucketPolicy(place: Pick<BackupFolder, "bucket" | "region">): PolicyDocument {
  const arn = bucketArn(place);
  const everything = [arn, `${arn}/*`];
  const deny = (
    Sid: string,
    Action: string,
    Resource: string | readonly string[],
    Condition: NonNullable<PolicyStatement["Condition"]>,
  ): PolicyStatement => ({
    Sid,
    Effect: "Deny",
    Principal: "*",
    Action,
    Resource,
    Condition,
  });
  return document(
    deny("DenyWithoutTls", "s3:*", everything, { Bool: { "aws:SecureTransport": "false" } }),
    deny("DenyOldTls", "s3:*", everything, { NumericLessThan: { "s3:TlsVersion": "1.2" } }),
    deny("DenyKeysOfTheUploader", "s3:PutObject", `${arn}/*`, {
      Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" },
    }),
  );
}

function document(...Statement: PolicyStatement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement };
}

function allow(Sid: string, Action: readonly string[], Resource: string): PolicyStatement {
  return { Sid, Effect: "Allow", Action, Resource };
}

function bucketArn({ bucket, region }: Pick<BackupFolder, "bucket" | "region">): string {
  return `arn:${partitionOf(region)}:s3:::${bucket}`;
}

function folderOf({ scope, uid }: BackupFolder): string {
  return databaseFolder(uid === undefined ? scope : `${scope}/${uid}`);
}

function objectsOf(folder: BackupFolder): string {
  return `${bucketArn(folder)}/${folderOf(folder)}/*`;
}

/**
 * The permission is for the whole bucket, so only the condition hides other folders. The prefix has a trailing slash,
 * which WAL-G always sends: without it, a folder whose name begins with this one's would be listed, too.
 */
function listStatement(folder: BackupFolder): PolicyStatement {
  return {
    ...allow("ListBackups", ["s3:ListBucket"], bucketArn(folder)),
    Condition: { StringLike: { "s3:prefix": `${folderOf(folder)}/*` } },
  };
}

function keyStatement({ kmsKey, region }: ReaderAccess, actions: readonly string[]): PolicyStatement[] {
  if (kmsKey === undefined) return [];
  const alias = /\balias\/.+$/.exec(kmsKey)?.[0];
  if (alias === undefined)
    return [
      allow(
        "UseTheKey",
        actions,
        kmsKey.startsWith("arn:") ? kmsKey : `arn:${partitionOf(region)}:kms:*:*:key/${kmsKey}`,
      ),
    ];
  // A policy cannot name an alias as a resource (AWS KMS developer guide, "Use aliases to control access").
  return [
    {
      ...allow("UseTheKey", actions, "*"),
      Condition: { "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias } },
    },
  ];
}

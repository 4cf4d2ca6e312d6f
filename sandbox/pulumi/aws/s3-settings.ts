import {
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  ObjectLockRetentionMode,
  ObjectOwnership,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  ServerSideEncryption,
} from "@aws-sdk/client-s3";
import type { LifecycleExpiration, LifecycleRule, S3Client } from "@aws-sdk/client-s3";
import type { Properties, PropertyValue } from "../property-diff.ts";
import { defined, list, object, optionalText, text, unlessMissing } from "./resource-type.ts";
import type { ResourceType } from "./resource-type.ts";

/** How one setting of a bucket is written, read and removed. */
interface Setting {
  inputs: readonly string[];
  put(s3: S3Client, Bucket: string, inputs: Properties): Promise<unknown>;
  /** Undefined if the bucket has no such setting. An error named in {@link absent} means the same. */
  get(s3: S3Client, Bucket: string): Promise<Properties | undefined>;
  /** If absent, the setting stays, because AWS cannot remove it. */
  remove?(s3: S3Client, Bucket: string): Promise<unknown>;
}

const absent = [
  "NoSuchBucket",
  "NoSuchBucketPolicy",
  "NoSuchLifecycleConfiguration",
  "NoSuchPublicAccessBlockConfiguration",
  "ObjectLockConfigurationNotFoundError",
  "OwnershipControlsNotFoundError",
  "ServerSideEncryptionConfigurationNotFoundError",
];

/** A resource type for one setting of a bucket. Its id is the bucket's name. */
function bucketSetting(setting: Setting): ResourceType {
  return {
    inputs: ["bucket", ...setting.inputs],
    outputs: [],
    replaceOn: ["bucket"],
    async create(inputs, { s3 }) {
      await setting.put(s3, text(inputs, "bucket"), inputs);
      return text(inputs, "bucket");
    },
    async read(id, { s3 }) {
      const found = await unlessMissing(setting.get(s3, id), ...absent);
      return found === undefined ? undefined : { inputs: { bucket: id, ...found }, outputs: {} };
    },
    async update(id, inputs, { s3 }) {
      await setting.put(s3, id, inputs);
    },
    async delete(id, { s3 }) {
      if (setting.remove !== undefined) await unlessMissing(setting.remove(s3, id), ...absent);
    },
  };
}

export const versioning = bucketSetting({
  inputs: ["versioningConfiguration"],
  put: (s3, Bucket, inputs) => {
    const on = text(object(inputs["versioningConfiguration"]), "status") === "Enabled";
    return s3.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: on ? "Enabled" : "Suspended" } }),
    );
  },
  get: async (s3, Bucket) => {
    const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
    return Status === undefined ? undefined : { versioningConfiguration: { status: Status } };
  },
  remove: (s3, Bucket) =>
    s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } })),
});

export const encryption = bucketSetting({
  inputs: ["rules"],
  put: (s3, Bucket, inputs) => {
    const Rules = list(inputs["rules"]).map((rule) => {
      const byDefault = object(object(rule)["applyServerSideEncryptionByDefault"]);
      return {
        ApplyServerSideEncryptionByDefault: {
          SSEAlgorithm: oneOf(ServerSideEncryption, text(byDefault, "sseAlgorithm")),
          KMSMasterKeyID: optionalText(byDefault, "kmsMasterKeyId"),
        },
        BucketKeyEnabled: object(rule)["bucketKeyEnabled"] === true,
      };
    });
    return s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  },
  get: async (s3, Bucket) => {
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    const rules = (ServerSideEncryptionConfiguration?.Rules ?? []).map(
      ({ ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled }) => ({
        applyServerSideEncryptionByDefault: defined({
          sseAlgorithm: byDefault?.SSEAlgorithm,
          kmsMasterKeyId: byDefault?.KMSMasterKeyID,
        }),
        bucketKeyEnabled: BucketKeyEnabled ?? false,
      }),
    );
    return { rules };
  },
  remove: (s3, Bucket) => s3.send(new DeleteBucketEncryptionCommand({ Bucket })),
});

const accessFlags = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];

export const publicAccessBlock = bucketSetting({
  inputs: accessFlags,
  put: (s3, Bucket, inputs) =>
    s3.send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: inputs["blockPublicAcls"] === true,
          BlockPublicPolicy: inputs["blockPublicPolicy"] === true,
          IgnorePublicAcls: inputs["ignorePublicAcls"] === true,
          RestrictPublicBuckets: inputs["restrictPublicBuckets"] === true,
        },
      }),
    ),
  get: async (s3, Bucket) => {
    const { PublicAccessBlockConfiguration: found } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    return {
      blockPublicAcls: found?.BlockPublicAcls ?? false,
      blockPublicPolicy: found?.BlockPublicPolicy ?? false,
      ignorePublicAcls: found?.IgnorePublicAcls ?? false,
      restrictPublicBuckets: found?.RestrictPublicBuckets ?? false,
    };
  },
  remove: (s3, Bucket) => s3.send(new DeletePublicAccessBlockCommand({ Bucket })),
});

export const ownershipControls = bucketSetting({
  inputs: ["rule"],
  put: (s3, Bucket, inputs) => {
    const ownership = oneOf(ObjectOwnership, text(object(inputs["rule"]), "objectOwnership"));
    return s3.send(
      new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } }),
    );
  },
  get: async (s3, Bucket) => {
    const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
    const ownership = OwnershipControls?.Rules?.[0]?.ObjectOwnership;
    return ownership === undefined ? undefined : { rule: { objectOwnership: ownership } };
  },
  remove: (s3, Bucket) => s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket })),
});

export const bucketPolicy = bucketSetting({
  inputs: ["policy"],
  put: (s3, Bucket, inputs) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy: text(inputs, "policy") })),
  get: async (s3, Bucket) => {
    const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
    return Policy === undefined ? undefined : { policy: Policy };
  },
  remove: (s3, Bucket) => s3.send(new DeleteBucketPolicyCommand({ Bucket })),
});

/** Supports only the parts of a rule that this project uses, although moto would accept others. */
export const lifecycle = bucketSetting({
  inputs: ["rules"],
  put: (s3, Bucket, inputs) => {
    const Rules = list(inputs["rules"]).map((rule) => sdkRule(object(rule)));
    return s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  },
  get: async (s3, Bucket) => {
    const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    return { rules: Rules.map(ruleProperties) };
  },
  remove: (s3, Bucket) => s3.send(new DeleteBucketLifecycleCommand({ Bucket })),
});

const days = (value: PropertyValue | undefined, name: string): number => Number(object(value)[name]);

function sdkRule(rule: Properties): LifecycleRule {
  const unknown = Object.keys(rule).filter(
    (name) =>
      ![
        "id",
        "status",
        "filter",
        "expiration",
        "noncurrentVersionExpiration",
        "abortIncompleteMultipartUpload",
      ].includes(name),
  );
  if (unknown.length > 0)
    throw new Error(`the stand-in for the AWS provider does not support ${unknown.join(", ")} in a lifecycle rule`);
  return {
    ID: text(rule, "id"),
    Status: text(rule, "status") === "Enabled" ? "Enabled" : "Disabled",
    Filter: { Prefix: text(object(rule["filter"]), "prefix") },
    ...(rule["expiration"] !== undefined && { Expiration: expiration(object(rule["expiration"])) }),
    ...(rule["noncurrentVersionExpiration"] !== undefined && {
      NoncurrentVersionExpiration: { NoncurrentDays: days(rule["noncurrentVersionExpiration"], "noncurrentDays") },
    }),
    ...(rule["abortIncompleteMultipartUpload"] !== undefined && {
      AbortIncompleteMultipartUpload: {
        DaysAfterInitiation: days(rule["abortIncompleteMultipartUpload"], "daysAfterInitiation"),
      },
    }),
  };
}

function expiration(properties: Properties): LifecycleExpiration {
  const { expiredObjectDeleteMarker, ...others } = properties;
  if (Object.keys(others).length > 0)
    throw new Error(
      `the stand-in for the AWS provider does not support ${Object.keys(others).join(", ")} in a rule's expiration`,
    );
  return { ExpiredObjectDeleteMarker: expiredObjectDeleteMarker === true };
}

function ruleProperties(rule: LifecycleRule): Properties {
  const noncurrentDays = rule.NoncurrentVersionExpiration?.NoncurrentDays;
  const daysAfterInitiation = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
  return defined({
    id: rule.ID,
    status: rule.Status,
    filter: { prefix: rule.Filter?.Prefix ?? "" },
    expiration: rule.Expiration && {
      expiredObjectDeleteMarker: rule.Expiration.ExpiredObjectDeleteMarker ?? false,
    },
    noncurrentVersionExpiration: noncurrentDays === undefined ? undefined : { noncurrentDays },
    abortIncompleteMultipartUpload: daysAfterInitiation === undefined ? undefined : { daysAfterInitiation },
  });
}

/** AWS cannot switch the lock off, so deleting this only removes the default retention. */
export const objectLock = bucketSetting({
  inputs: ["rule"],
  put: (s3, Bucket, inputs) => {
    const retention = object(object(inputs["rule"])["defaultRetention"]);
    const Rule = {
      DefaultRetention: {
        Mode: oneOf(ObjectLockRetentionMode, text(retention, "mode")),
        Days: Number(retention["days"]),
      },
    };
    return s3.send(
      new PutObjectLockConfigurationCommand({
        Bucket,
        ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule },
      }),
    );
  },
  get: async (s3, Bucket) => {
    const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    const retention = ObjectLockConfiguration?.Rule?.DefaultRetention;
    if (retention === undefined) return undefined;
    return { rule: { defaultRetention: defined({ mode: retention.Mode, days: retention.Days }) } };
  },
  remove: (s3, Bucket) =>
    s3.send(
      new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } }),
    ),
});

function oneOf<T extends string>(values: Readonly<Record<string, T>>, value: string): T {
  const known = Object.values(values).find((candidate) => candidate === value);
  if (known === undefined) throw new Error(`"${value}" is none of ${Object.values(values).join(", ")}`);
  return known;
}

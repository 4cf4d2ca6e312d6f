import { lifecycles } from "../domain/check/judges.ts";
import { buckets } from "../domain/check/stack-judges.ts";
import { resourcePolicy, stackPolicy } from "./policy.ts";

// The buckets, each with the resources that set it up.

export const bucketNotVersioned = stackPolicy("bucket-not-versioned", buckets);
export const bucketNotEncrypted = stackPolicy("bucket-not-encrypted", buckets);
export const bucketMayBePublic = stackPolicy("bucket-may-be-public", buckets);
export const bucketOwnersMixed = stackPolicy("bucket-owners-mixed", buckets);
export const bucketWithoutTlsRule = stackPolicy("bucket-without-tls-rule", buckets);
export const bucketLockShort = stackPolicy("bucket-lock-short", buckets);

export const bucketLifecycleDeletes = resourcePolicy("bucket-lifecycle-deletes", lifecycles);
export const bucketLifecycleArchives = resourcePolicy("bucket-lifecycle-archives", lifecycles);

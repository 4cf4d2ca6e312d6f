import assert from "node:assert/strict";
import {
  allowsEverybody,
  bucketFindings,
  lifecycleFindings,
  type DeclaredBucket,
} from "../../../../domain/backups/bucket-rules.ts";
import { bucketPolicy } from "../../../../domain/backups/iam.ts";

const policy = JSON.stringify(bucketPolicy({ bucket: "b", region: "eu-west-2" }));
const sound: DeclaredBucket = {
  where: "Bucket b",
  isVersioned: true,
  isEncrypted: true,
  isPrivate: true,
  hasOneOwner: true,
  policy,
  lockDays: 5,
};
const codes = (bucket: Partial<DeclaredBucket>, retainDays: number | undefined = 5): string[] =>
  bucketFindings({ ...sound, ...bucket }, retainDays).map(({ code }) => code);

describe("what a bucket of backups needs", () => {
  it("everything that this project itself declares is enough", () => {
    assert.deepEqual(codes({}), []);
  });

  it("each setting is missed alone, and all together", () => {
    assert.deepEqual(codes({ isVersioned: false }), ["bucket-not-versioned"]);
    assert.deepEqual(
      codes({ isVersioned: false, isEncrypted: false, isPrivate: false, hasOneOwner: false, policy: undefined }),
      [
        "bucket-not-versioned",
        "bucket-not-encrypted",
        "bucket-may-be-public",
        "bucket-owners-mixed",
        "bucket-without-tls-rule",
      ],
    );
  });

  it("a lock is as long as the backups are kept; without a lock, or a known retention, nothing is said", () => {
    assert.deepEqual(codes({ lockDays: 4 }), ["bucket-lock-short"]);
    assert.deepEqual(codes({ lockDays: undefined }), []);
    assert.deepEqual(bucketFindings({ ...sound, lockDays: 4 }, undefined), []);
  });

  it("only a statement that denies everybody counts for TLS", () => {
    const changed = (text: string, by: string): string => policy.replaceAll(text, by);
    for (const other of [
      changed('"Deny"', '"Allow"'),
      changed('"Principal":"*"', '"Principal":{"AWS":"arn:aws:iam::123456789012:root"}'),
      changed('"aws:SecureTransport":"false"', '"aws:SecureTransport":"true"'),
      "not JSON",
      "{}",
    ])
      assert.deepEqual(codes({ policy: other }), ["bucket-without-tls-rule"], other);
    assert.deepEqual(codes({ policy: changed('"Principal":"*"', '"Principal":{"AWS":"*"}') }), []);
  });
});

describe("what a lifecycle may do to backups", () => {
  const rule = { id: "r", isEnabled: true, expires: false, classes: [] };
  const codesOf = (change: object): string[] =>
    lifecycleFindings([{ ...rule, ...change }], "at").map(({ code }) => code);

  it("current versions must neither expire nor go to an archive", () => {
    assert.deepEqual(codesOf({}), []);
    assert.deepEqual(codesOf({ expires: true, classes: ["STANDARD_IA", "DEEP_ARCHIVE"] }), [
      "bucket-lifecycle-deletes",
      "bucket-lifecycle-archives",
    ]);
    assert.deepEqual(codesOf({ classes: ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"] }), []);
    assert.deepEqual(codesOf({ expires: true, classes: ["GLACIER"], isEnabled: false }), []);
  });
});

describe("a policy that allows everybody", () => {
  const text = (statement: object): string => JSON.stringify({ Statement: [{ Effect: "Allow", ...statement }] });

  it("is one without a condition", () => {
    assert(allowsEverybody(text({ Principal: "*" })));
    assert(allowsEverybody(text({ Principal: { AWS: "*" } })));
    assert(allowsEverybody(JSON.stringify({ Statement: { Effect: "Allow", Principal: "*" } })));
    assert(!allowsEverybody(text({ Principal: "*", Condition: { StringEquals: {} } })));
    assert(!allowsEverybody(text({ Principal: "*", Effect: "Deny" })));
    assert(!allowsEverybody("cut"));
  });
});

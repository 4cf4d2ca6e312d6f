import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import {
  backupReaderPolicy,
  backupWriterPolicy,
  bucketPolicy,
  type PolicyDocument,
  type PolicyStatement,
} from "../../../../domain/backups/iam.ts";
import { checkSpiloImage } from "../../../../domain/spilo/image.ts";
import { faultTest } from "../../../support/fault-test.ts";

const bucket = "harbor-database-backups";
const region = "eu-west-2";
const scope = "postgresql-harbor-cluster-harbor-cluster";
const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const folder = `arn:aws:s3:::${bucket}/spilo/${scope}/${uid}/*`;
const key = "arn:aws:kms:eu-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

const statement = ({ Statement }: PolicyDocument, sid: string) => Statement.find(({ Sid }) => Sid === sid);
const allowed = ({ Statement }: PolicyDocument): string[] =>
  Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => Action);

describe("IAM policies for backups", () => {
  it("let the reader list and read its folder, and nothing else", () => {
    assert.deepEqual(backupReaderPolicy({ bucket, region, scope, uid }), {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "ListBackups",
          Effect: "Allow",
          Action: ["s3:ListBucket"],
          Resource: `arn:aws:s3:::${bucket}`,
          Condition: { StringLike: { "s3:prefix": `spilo/${scope}/${uid}/*` } },
        },
        { Sid: "ReadBackups", Effect: "Allow", Action: ["s3:GetObject"], Resource: folder },
      ],
    });
  });

  it("let the writer write and delete only in its folder, and never delete a version", () => {
    const policy = backupWriterPolicy({ bucket, region, scope, uid });
    assert.equal(statement(policy, "WriteBackups")?.Resource, folder);
    const actions = allowed(policy);
    for (const needed of [
      "s3:ListBucket",
      "s3:GetObject",
      "s3:PutObject",
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
    ])
      assert(actions.includes(needed), needed);
    for (const action of actions)
      assert.doesNotMatch(action, /\*|Version|Policy|Lifecycle|BypassGovernance|DeleteBucket/);
  });

  it("let the writer without a UID write for every database of the scope, except those that are only read", () => {
    const policy = backupWriterPolicy({ bucket, region, scope, readOnlyUids: [uid] });
    assert.equal(statement(policy, "WriteBackups")?.Resource, `arn:aws:s3:::${bucket}/spilo/${scope}/*`);
    const denied = statement(policy, "NeverIntoTheSource");
    assert.equal(denied?.Effect, "Deny");
    assert.deepEqual(denied.Resource, [folder]);
    assert.deepEqual(denied.Action, ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]);
    assert.equal(statement(backupWriterPolicy({ bucket, region, scope, uid }), "NeverIntoTheSource"), undefined);
  });

  it("end the scope with a slash, so that one folder is not a prefix of another", () => {
    const text = JSON.stringify(backupReaderPolicy({ bucket, region, scope: "db" }));
    assert(text.includes(`"arn:aws:s3:::${bucket}/spilo/db/*"`));
    assert.doesNotMatch(text, /spilo\/db["*]/);
  });

  it("let the reader decrypt with a customer-managed key, and the writer also encrypt", () => {
    assert.deepEqual(statement(backupReaderPolicy({ bucket, region, scope, uid, kmsKey: key }), "UseTheKey"), {
      Sid: "UseTheKey",
      Effect: "Allow",
      Action: ["kms:Decrypt"],
      Resource: key,
    });
    assert.deepEqual(statement(backupWriterPolicy({ bucket, region, scope, uid, kmsKey: key }), "UseTheKey")?.Action, [
      "kms:GenerateDataKey",
      "kms:Decrypt",
    ]);
  });

  it("treat a key id as a key of this account, and an alias as a condition, because no policy can name it", () => {
    const use = (kmsKey: string): PolicyStatement | undefined =>
      statement(backupReaderPolicy({ bucket, region, scope, uid, kmsKey }), "UseTheKey");
    assert.equal(
      use("1234abcd-12ab-34cd-56ef-1234567890ab")?.Resource,
      "arn:aws:kms:*:*:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    );
    for (const alias of ["alias/harbor", "arn:aws:kms:eu-west-2:123456789012:alias/harbor"]) {
      assert.deepEqual(
        [use(alias)?.Resource, use(alias)?.Condition],
        ["*", { "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/harbor" } }],
      );
    }
  });

  it("are shown in docs/buckets.md exactly as created", async () => {
    const page = await readFile(new URL("../../../../docs/buckets.md", import.meta.url), "utf8");
    const [writer, reader, grant] = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = ""]) =>
      z.object({ Version: z.string(), Statement: z.array(z.looseObject({})) }).parse(JSON.parse(text)),
    );
    assert.deepEqual(writer, backupWriterPolicy({ bucket, region, scope, readOnlyUids: [uid] }));
    const policy = backupReaderPolicy({ bucket, region, scope });
    assert.deepEqual(reader, policy);
    // What the owner of a bucket in another account grants is the same, to a principal.
    const granted = grant?.Statement.map(({ Principal, ...rest }) => {
      assert.deepEqual(Principal, { AWS: "arn:aws:iam::123456789012:role/harbor-restore" });
      return rest;
    });
    assert.deepEqual(granted, policy.Statement);
  });

  it("name resources in the partition of the region", () => {
    const everything = (region: string): string =>
      JSON.stringify([
        backupWriterPolicy({
          bucket,
          region,
          scope,
          readOnlyUids: [uid],
          kmsKey: "1234abcd-12ab-34cd-56ef-1234567890ab",
        }),
        backupReaderPolicy({ bucket, region, scope }),
        bucketPolicy({ bucket, region }),
      ]);
    const partitions = (text: string): Set<string> =>
      new Set([...text.matchAll(/"arn:([^:]*):/g)].map(([, one = ""]) => one));
    assert.deepEqual(partitions(everything("eu-west-2")), new Set(["aws"]));
    assert.deepEqual(partitions(everything("cn-north-1")), new Set(["aws-cn"]));
    assert.deepEqual(partitions(everything("us-gov-west-1")), new Set(["aws-us-gov"]));
    assert.deepEqual(partitions(everything("us-iso-east-1")), new Set(["aws-iso"]));
    assert.deepEqual(partitions(everything("us-isob-east-1")), new Set(["aws-iso-b"]));
  });

  faultTest(74, "never let WAL-G delete a version, and no accepted image has a WAL-G that needs it", () => {
    const policies = JSON.stringify([
      backupWriterPolicy({ bucket, region, scope }),
      backupReaderPolicy({ bucket, region, scope }),
    ]);
    assert.doesNotMatch(policies, /DeleteObjectVersion|GetBucketVersioning|s3:\*|s3:Delete\*/);
    // Spilo 4.1 is the first with WAL-G 3.0.6 or newer.
    for (const image of ["spilo-17:4.1-p1", "spilo-18:4.1-p2", "spilo-17:4.2-p1"])
      assert(
        checkSpiloImage(`ghcr.io/zalando/${image}`, { restoredMajor: undefined, irsa: false }).some(
          ({ severity }) => severity === "refuse",
        ),
        image,
      );
  });

  it("let the bucket refuse requests without TLS, with TLS before 1.2, or with the uploader's own key", () => {
    const policy = bucketPolicy({ bucket, region });
    assert(policy.Statement.every(({ Effect, Principal }) => Effect === "Deny" && Principal === "*"));
    assert.deepEqual(
      policy.Statement.map(({ Condition }) => Condition),
      [
        { Bool: { "aws:SecureTransport": "false" } },
        { NumericLessThan: { "s3:TlsVersion": "1.2" } },
        { Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" } },
      ],
    );
    assert.deepEqual(statement(policy, "DenyWithoutTls")?.Resource, [
      `arn:aws:s3:::${bucket}`,
      `arn:aws:s3:::${bucket}/*`,
    ]);
  });
});

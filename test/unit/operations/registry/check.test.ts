import assert from "node:assert/strict";
import { once } from "node:events";
import type { S3Versions } from "../../../../clients/aws/s3-versions.ts";
import type { Exec } from "../../../../clients/kubernetes/exec.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { registryCheckRequestSchema, type RegistryCheckReport } from "../../../../domain/registry/check.ts";
import { checkRegistry } from "../../../../operations/registry/check.ts";
import { blobsOf, imageOf, registryKey, type Blob } from "../../../../sandbox/harbor/registry/image.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { FakeHarbor, podOf } from "../../../support/fake-harbor.ts";
import { FakeS3 } from "../../../support/fake-s3.ts";
import { faultSuite } from "../../../support/fault-test.ts";

const image = imageOf("shop/app", "v1", ["a layer", "another"]);
const blobs = blobsOf(image).toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
const [layer] = image.layers;
assert(layer);

/** A Pod whose database names these blobs, each of them needed by the image. */
function database(named: readonly Pick<Blob, "digest" | "content">[]): Exec {
  return (_container, argv, { stdout }) => {
    const done = { end: "exited", code: 0, stderr: "" } as const;
    if (stdout !== undefined) {
      stdout.end(named.map(({ content, digest }) => `${digest}\t${content.length}\tartifact\n`).join(""));
      return Promise.resolve({ ...done, stdout: "" });
    }
    const artifact = { project: "shop", repository: "shop/app", digest: image.manifest.digest, tags: ["v1"] };
    const asked = argv.at(-1)?.split(",") ?? [];
    return Promise.resolve({
      ...done,
      stdout: asked.map((blob) => `${JSON.stringify({ blob, ...artifact })}\n`).join(""),
    });
  };
}

interface Situation {
  readonly exec?: Exec;
  readonly stored?: readonly Blob[];
  readonly contents?: Readonly<Record<string, string>>;
  readonly versions?: S3Versions["versions"];
  readonly changes?: object;
  readonly role?: string;
  /** Runs before the listing begins. */
  readonly beforeList?: () => Promise<unknown>;
}

function check({
  exec = database(blobs),
  stored = blobs,
  contents = {},
  versions = () => Promise.resolve([]),
  changes = {},
  role = "master",
  beforeList = () => Promise.resolve(),
}: Situation = {}): Promise<RegistryCheckReport> {
  const listed = stored.map(({ content, digest }) => ({ key: registryKey(digest), size: content.length, modified: 0 }));
  const s3 = new FakeS3("artifacts", listed, {}, 2);
  const list = s3.list.bind(s3);
  s3.list = async (...asked) => {
    await beforeList();
    await list(...asked);
  };
  for (const { content, digest } of stored)
    s3.contents.set(registryKey(digest), contents[digest] === undefined ? content : Buffer.from(contents[digest]));
  const harbor = Object.assign(new FakeHarbor(), { exec, pods: [podOf(0, { role })] });
  const request = registryCheckRequestSchema.parse({
    version: 1,
    kubernetes: { context: "test" },
    cluster: "harbor-cluster/harbor-cluster",
    bucket: "artifacts",
    region: "eu-west-2",
    ...changes,
  });
  return checkRegistry({ harbor, s3, versions: { versions, close: () => undefined } }, request, new FakeSurroundings());
}

const codes = ({ findings }: RegistryCheckReport): string[] => findings.map(({ code }) => code);

faultSuite(113, "checkRegistry", () => {
  it("finds by its digest a layer of the right size with another content, and the version before it", async () => {
    const version = (versionId: string) => ({ kind: "version" as const, versionId, modified: 0, size: 7 });
    const report = await check({
      contents: { [layer.digest]: "A LAYER" },
      versions: () => Promise.resolve([version("now"), version("before")]),
      changes: { digests: true },
    });
    assert.deepEqual(
      [report.verdict, codes(report), report.counted?.damaged],
      ["refuse", ["registry-blobs-damaged"], 1],
    );
    assert.deepEqual(
      report.blobs.map(({ artifacts, digest, problem, version: back }) => [
        digest,
        problem,
        back?.versionId,
        artifacts[0]?.tags,
      ]),
      [[layer.digest, "content", "before", ["v1"]]],
    );
  });

  it("reads no content unless it is asked to, and does not say that nothing is damaged", async () => {
    const report = await check({ contents: { [layer.digest]: "A LAYER" } });
    assert.deepEqual([report.verdict, report.counted?.damaged], ["ok", null]);
    assert.equal((await check({ changes: { digests: true } })).counted?.damaged, 0);
  });

  it("counts every blob and lists the first 200", async () => {
    const many = Array.from({ length: 250 }, (_, index) => ({
      digest: `sha256:${String(index).padStart(64, "0")}`,
      content: Buffer.from("x"),
    }));
    const report = await check({ exec: database(many), stored: [] });
    assert.deepEqual([report.counted?.missing, report.blobs.length], [250, 200]);
    assert.equal(report.blobs.at(-1)?.digest, many[199]?.digest);
    assert(report.blobs.every(({ artifacts }) => artifacts.length === 1));
  });

  it("still lists what is missing when the versions or the artifacts cannot be read, and says so", async () => {
    const stored = blobs.filter(({ digest }) => digest !== layer.digest);
    const denied = await check({ stored, versions: () => Promise.reject(new RecoveryError("s3-forbidden", "denied")) });
    assert.deepEqual(codes(denied), ["registry-blobs-missing", "registry-details-unread"]);
    assert.deepEqual(
      denied.blobs.map(({ digest, version }) => [digest, version]),
      [[layer.digest, null]],
    );
    const plain = database(blobs);
    const exec: Exec = (container, argv, options) =>
      options.stdout === undefined
        ? Promise.resolve({ end: "broken", message: "the connection was cut" })
        : plain(container, argv, options);
    const silent = await check({ stored, exec });
    assert.deepEqual(codes(silent), ["registry-blobs-missing", "registry-details-unread"]);
    assert.match(silent.findings[1]?.what ?? "", /the connection was cut/);
  });

  it("asks the database before the bucket has sent its first page", async () => {
    const asked = Promise.withResolvers<undefined>();
    const plain = database(blobs);
    const exec: Exec = (container, argv, options) => {
      asked.resolve(undefined);
      return plain(container, argv, options);
    };
    const tooLate = AbortSignal.timeout(5000);
    const beforeList = Promise.race([
      asked.promise,
      once(tooLate, "abort").then(() => Promise.reject(new Error("late"))),
    ]);
    assert.equal((await check({ exec, beforeList: () => beforeList })).verdict, "ok");
  });

  it("ends the query when the listing fails", async () => {
    const ended = Promise.withResolvers<string>();
    const exec: Exec = (_container, _argv, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          ended.resolve("ended");
          reject(new Error("aborted"));
        });
      });
    const beforeList = (): Promise<never> => Promise.reject(new RecoveryError("s3-forbidden", "denied"));
    const report = await check({ exec, beforeList });
    assert.deepEqual([report.verdict, await ended.promise], ["unknown", "ended"]);
    assert.match(report.findings[0]?.what ?? "", /denied/);
  });

  it("is unknown without a leader", async () => {
    const report = await check({ role: "replica" });
    assert.deepEqual([report.verdict, report.counted], ["unknown", null]);
    assert.match(report.findings[0]?.what ?? "", /no Pod of the database is the leader/);
  });

  it("is unknown when the database does not end in time", async () => {
    const exec: Exec = (_container, _argv, { signal }) =>
      new Promise((_resolve, reject) => {
        // AbortSignal.timeout keeps no process alive.
        const waiting = setTimeout(() => undefined, 10_000);
        signal?.addEventListener("abort", () => {
          clearTimeout(waiting);
          reject(new Error("aborted"));
        });
      });
    const report = await check({ exec, changes: { timeLimit: "1s" } });
    assert.equal(report.verdict, "unknown");
    assert.match(report.findings[0]?.what ?? "", /not read within 1s/);
  });
});

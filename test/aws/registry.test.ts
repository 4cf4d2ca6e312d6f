import assert from "node:assert/strict";
import { join } from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { execa } from "execa";
import { z } from "zod";
import { connectS3Versions } from "../../clients/aws/s3-versions.ts";
import { connectS3, type S3Access } from "../../clients/aws/s3.ts";
import type { Exec } from "../../clients/kubernetes/exec.ts";
import { registryCheckRequestSchema, type RegistryCheckReport } from "../../domain/registry/check.ts";
import { checkRegistry } from "../../operations/registry/check.ts";
import { apiAnswer, callerOf, type ApiAnswer, type AskTables, type Caller } from "../../sandbox/harbor/registry/api.ts";
import { blobsOf, imageOf, pushed, registryKey, type Image } from "../../sandbox/harbor/registry/image.ts";
import { harborTables } from "../../sandbox/harbor/registry/tables.ts";
import { postgresBin } from "../../sandbox/host/packages.ts";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";
import { FakeSurroundings } from "../support/fake-cluster.ts";
import { podOf } from "../support/fake-harbor.ts";
import { faultSuite } from "../support/fault-test.ts";
import { FreshPostgres } from "../support/fresh-postgres.ts";

const bucket = "harbor-artifacts";
const app = imageOf("shop/app", "v1", ["shared layer", "app"]);
const web = imageOf("shop/web", "v2", ["shared layer", "web, and more"]);
const shared = app.layers[0]?.digest ?? "";
const own = web.layers[1]?.digest ?? "";

faultSuite(113, "registry check, with a real Postgres and a real S3", function () {
  this.timeout("2m");
  let aws: TestAws;
  let access: S3Access;
  let s3: S3Client;
  let postgres: FreshPostgres;

  before(
    "Harbor's tables with two images that share a layer, and their blobs in a bucket with versions",
    async function () {
      this.timeout("10m");
      aws = await startTestAws();
      const { credentials, endpoint, region } = clientSettings(aws.environment, "s3");
      access = { endpoint, region, keys: credentials };
      s3 = new S3Client(clientSettings(aws.environment, "s3"));
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }));
      postgres = await FreshPostgres.start();
      await postgres.query("postgres", "create database core");
      await postgres.query("core", harborTables);
      for (const image of [app, web]) await push(image);
    },
  );
  after(async () => {
    await postgres.stop();
    s3.destroy();
    await aws.stop();
  });

  async function push(image: Image): Promise<void> {
    await postgres.query("core", pushed(image));
    for (const { content, digest } of blobsOf(image)) await put(digest, content);
  }

  async function put(digest: string, Body: Buffer | string): Promise<void> {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: registryKey(digest), Body }));
  }

  async function remove(digest: string, VersionId?: string): Promise<void> {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: registryKey(digest), VersionId }));
  }

  /** Runs the remote command on this machine, where the Pod's socket is. */
  const exec: Exec = async (_container, [program = "", ...parameters], { stdout: sink }) => {
    const env = { PGHOST: postgres.directory, PATH: `${postgresBin}:/usr/bin:/bin` };
    const running = execa(program, parameters, { env, extendEnv: false, reject: false, stripFinalNewline: false });
    if (sink !== undefined) running.stdout.pipe(sink);
    const { exitCode = 1, stdout, stderr } = await running;
    return { end: "exited", code: exitCode, stdout, stderr };
  };

  async function check(changes: object = {}): Promise<RegistryCheckReport> {
    const request = registryCheckRequestSchema.parse({
      version: 1,
      kubernetes: { context: "test" },
      cluster: "harbor-cluster/harbor-cluster",
      bucket,
      ...{ region: access.region, endpoint: access.endpoint },
      ...changes,
    });
    const [listing, versions] = [connectS3(access), connectS3Versions(access)];
    const harbor = { context: "test", exec, listPods: () => Promise.resolve([podOf(0, { role: "master" })]) };
    try {
      return await checkRegistry({ harbor, s3: listing, versions }, request, new FakeSurroundings());
    } finally {
      listing.close();
      versions.close();
    }
  }

  const codes = ({ findings }: RegistryCheckReport): string[] => findings.map(({ code }) => code);

  it("finds every blob of two images that share a layer", async () => {
    const report = await check();
    assert.deepEqual([report.verdict, codes(report), report.blobs], ["ok", ["registry-blobs-present"], []]);
    const distinct = new Map([...blobsOf(app), ...blobsOf(web)].map(({ content, digest }) => [digest, content.length]));
    assert.deepEqual(report.counted, {
      named: distinct.size,
      namedBytes: [...distinct.values()].reduce((a, b) => a + b, 0),
      stored: distinct.size,
      ...{ unnamed: 0, unnamedBytes: 0, missing: 0, different: 0, damaged: null, archived: 0 },
    });
  });

  it("lists a deleted layer with all artifacts that need it, and the delete marker whose deletion brings it back", async () => {
    await remove(shared);
    const report = await check();
    assert.deepEqual([report.verdict, codes(report)], ["refuse", ["registry-blobs-missing"]]);
    const [blob, ...others] = report.blobs;
    assert.deepEqual(others, []);
    assert.deepEqual([blob?.digest, blob?.problem, blob?.key], [shared, "missing", registryKey(shared)]);
    assert.deepEqual(
      blob?.artifacts,
      [app, web].map(({ manifest, project, repository, tag }) => ({
        ...{ project, repository, digest: manifest.digest, tags: [tag] },
      })),
    );
    assert.equal(blob.version?.size, "shared layer".length);
    await remove(shared, blob.deleteMarker?.versionId);
    assert.equal((await check()).verdict, "ok");
  });

  it("finds a layer that was overwritten with something of another size, and the version that has the right one", async () => {
    await put(own, "cut");
    const report = await check();
    assert.deepEqual([report.verdict, codes(report)], ["refuse", ["registry-blobs-different"]]);
    const [blob] = report.blobs;
    assert.deepEqual([blob?.digest, blob?.problem, blob?.deleteMarker], [own, "size", null]);
    assert.equal(blob?.version?.size, "web, and more".length);
    await put(own, "web, and more");
    assert.equal((await check()).verdict, "ok");
  });

  it("finds with --digests a layer that was overwritten with something of the same size, and its former version", async () => {
    await put(own, "web, and MORE");
    assert.equal((await check()).verdict, "ok");
    const report = await check({ digests: true });
    assert.deepEqual(
      [report.verdict, codes(report), report.counted?.damaged],
      ["refuse", ["registry-blobs-damaged"], 1],
    );
    const [blob] = report.blobs;
    assert.deepEqual([blob?.digest, blob?.problem, blob?.version?.size], [own, "content", "web, and more".length]);
    await put(own, "web, and more");
    assert.equal((await check({ digests: true })).verdict, "ok");
  });

  it("says that nothing brings a blob back of which no version is left", async () => {
    const orphan = imageOf("shop/orphan", "v1", ["never stored"]);
    await postgres.query("core", pushed(orphan));
    const report = await check();
    assert.deepEqual(
      report.blobs.map(({ deleteMarker, digest, version }) => [digest, deleteMarker, version]),
      blobsOf(orphan)
        .map(({ digest }) => [digest, null, null])
        .toSorted(),
    );
    await push(orphan);
  });

  it("only warns of blobs that no artifact needs, of proxy caches, and of those that the database does not name", async () => {
    const cached = imageOf("mirror/cached", "v1", ["cached"]);
    await postgres.query("core", pushed(cached));
    await postgres.query("core", "update project set registry_id = 7 where name = 'mirror'");
    const idle = `sha256:${"a".repeat(64)}`;
    const later = `sha256:${"b".repeat(64)}`;
    await postgres.query("core", `insert into blob (digest, content_type, size) values ('${idle}', 'layer', 5)`);
    await put(later, "pushed later");
    const report = await check();
    assert.equal(report.verdict, "warn");
    assert.deepEqual(codes(report), [
      "registry-cache-missing",
      "registry-unneeded-missing",
      "registry-blobs-unnamed",
      "registry-blobs-present",
    ]);
    assert.deepEqual([report.counted?.unnamed, report.counted?.unnamedBytes], [1, "pushed later".length]);
  });

  it("does not look for foreign layers, which no registry stores", async () => {
    const type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    const before = await check();
    await postgres.query(
      "core",
      `insert into blob (digest, content_type, size) values ('sha256:${"c".repeat(64)}', '${type}', 5);
       insert into artifact_blob (digest_af, digest_blob) values ('${app.manifest.digest}', 'sha256:${"c".repeat(64)}')`,
    );
    assert.deepEqual((await check()).counted, before.counted);
  });

  it("lists a blob that an artifact names and the table of blobs does not have", async () => {
    const digest = `sha256:${"d".repeat(64)}`;
    await postgres.query(
      "core",
      `insert into artifact_blob (digest_af, digest_blob) values ('${app.manifest.digest}', '${digest}')`,
    );
    const { blobs, verdict } = await check();
    await postgres.query("core", `delete from artifact_blob where digest_blob = '${digest}'`);
    assert.equal(verdict, "refuse");
    assert(blobs.some((blob) => blob.digest === digest && blob.size === null && blob.neededBy === "artifact"));
  });

  describe("Harbor's API, from the same tables", () => {
    const address = "http://harbor.example.com";
    const ask: AskTables = async (query, texts = {}) => {
      const variables = Object.entries(texts).flatMap(([key, value]) => ["-v", `${key}=${value}`]);
      const env = { PGHOST: postgres.directory, PGUSER: "postgres" };
      const input = `select coalesce(json_agg(r), '[]') from (${query}) r`;
      const { stdout } = await execa(join(postgresBin, "psql"), ["-XAtq", ...variables, "-d", "core"], { env, input });
      return z.array(z.unknown()).parse(JSON.parse(stdout));
    };
    const get = (path: string, caller: Caller = "admin"): Promise<ApiAnswer> =>
      apiAnswer(`/api/v2.0/${path}`, caller, address, ask);
    const names = ({ body }: ApiAnswer): string[] =>
      z
        .array(z.object({ name: z.string() }))
        .parse(body)
        .map(({ name }) => name);

    it("lists projects page by page, with their number, and only public ones to anybody", async () => {
      const first = await get("projects?page_size=2");
      assert.deepEqual([names(first), first.total], [["library", "mirror"], 3]);
      assert.deepEqual(names(await get("projects?page=2&page_size=2")), ["shop"]);
      assert.deepEqual(names(await get("projects", "anonymous")), []);
      await postgres.query(
        "core",
        "insert into project_metadata (project_id, name, value) select project_id, 'public', 'true' from project where name = 'shop'",
      );
      assert.deepEqual(names(await get("projects", "anonymous")), ["shop"]);
    });

    it("lists repositories and artifacts with their tags, by names with slashes and quotes, too", async () => {
      assert.deepEqual(names(await get("projects/shop/repositories")), ["shop/app", "shop/orphan", "shop/web"]);
      const artifact = z.array(z.object({ digest: z.string(), tags: z.array(z.object({ name: z.string() })) }));
      const { body } = await get("projects/shop/repositories/app/artifacts");
      assert.deepEqual(
        artifact.parse(body).map(({ digest, tags }) => [digest, tags.map(({ name }) => name)]),
        [[app.manifest.digest, ["v1"]]],
      );
      const deep = imageOf("shop/team/it's", "v1", ["deep"]);
      await push(deep);
      const found = await get(
        `projects/shop/repositories/${encodeURIComponent(encodeURIComponent("team/it's"))}/artifacts`,
      );
      assert.equal(found.total, 1);
    });

    it("is unhealthy without its database, and has nothing under another path", async () => {
      assert.match(JSON.stringify((await get("health")).body), /"status":"healthy"/);
      const ill = await apiAnswer("/api/v2.0/health", "anonymous", address, () => Promise.reject(new Error("down")));
      assert.match(JSON.stringify(ill.body), /^\{"status":"unhealthy"/);
      assert.equal((await get("users")).status, 404);
      assert.equal((await get("projects?page=x")).status, 422);
    });

    it("knows the administrator by the password, and refuses another", () => {
      assert.equal(callerOf(undefined, "p"), "anonymous");
      assert.equal(callerOf(`Basic ${btoa("admin:p")}`, "p"), "admin");
      assert.equal(callerOf(`Basic ${btoa("admin:wrong")}`, "p"), undefined);
    });
  });

  const unknown: [what: string, changes: object, why: RegExp][] = [
    ["another database", { database: "registry" }, /database "registry" does not exist/],
    ["another bucket", { bucket: "no-such-bucket" }, /there is no such bucket/],
  ];
  for (const [what, changes, why] of unknown) {
    it(`is unknown, and counts nothing, with ${what}`, async () => {
      const report = await check(changes);
      assert.deepEqual([report.verdict, report.counted, report.blobs], ["unknown", null, []]);
      assert.match(report.findings[0]?.what ?? "", why);
    });
  }
});

import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPreviewTable } from "../../../../cli/render.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { stanzaCreateRequestSchema } from "../../../../domain/stanza/create.ts";
import {
  stanzaCreatePreviewSchema,
  wouldChange,
  type StanzaCreatePreview,
} from "../../../../domain/stanza/create-preview.ts";
import { previewStanzaCreation } from "../../../../operations/stanza/create-preview.ts";
import { FakeCluster, FakeSurroundings, type Script } from "../../../support/fake-cluster.ts";

const manual = { backups: { pgbackrest: { repos: [{ name: "repo1" }], manual: { repoName: "repo1" } } } };

describe("stanza create --dry-run", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-preview-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** The preview; asserts that nothing was changed, neither in a Pod nor here. */
  async function preview(script: Script, change: object = {}): Promise<StanzaCreatePreview | RecoveryError> {
    const cluster = new FakeCluster(script);
    const request = stanzaCreateRequestSchema.parse({
      version: 1,
      kubernetes: { context: "test" },
      cluster: "calendar/calendar-db",
      dump: { directory: join(directory, "not", "there", "yet") },
      timeLimits: {},
      ...change,
    });
    const end = await previewStanzaCreation(cluster, request, new FakeSurroundings()).catch((error: unknown) => {
      assert(error instanceof RecoveryError, String(error));
      return error;
    });
    for (const command of ["stanza-create", "pg_dumpall"]) assert.deepEqual(cluster.ran(command), []);
    assert.deepEqual(cluster.ordered, []);
    assert.deepEqual(await readdir(directory), []);
    return end instanceof RecoveryError ? end : stanzaCreatePreviewSchema.parse(end);
  }

  async function previewed(script: Script, change: object = {}): Promise<StanzaCreatePreview> {
    const end = await preview(script, change);
    if (end instanceof RecoveryError) throw end;
    return end;
  }

  async function refused(code: string, script: Script, change: object = {}): Promise<void> {
    const end = await preview(script, change);
    assert(end instanceof RecoveryError, JSON.stringify(end));
    assert.equal(end.code, code);
  }

  it("names the leader, the size of the databases and the place of the dump", async () => {
    const found = await previewed({});
    assert.deepEqual(found.create, {
      leader: "calendar-db-0",
      dump: { directory: join(directory, "not", "there", "yet"), databaseBytes: 1000 },
    });
    assert(wouldChange(found));
    assert.match(createPreviewTable(found, "never"), /WOULD +create the stanza on calendar-db-0\nDUMP +1000 bytes/);
  });

  it("says that there is nothing to do when the stanza exists", async () => {
    const found = await previewed({ info: [2] });
    assert.equal(found.create, undefined);
    assert(!wouldChange(found));
    assert.match(createPreviewTable(found, "never"), /WOULD +do nothing/);
  });

  it("says whether a first backup would be ordered", async () => {
    const ordered = await previewed({ info: [2], spec: manual }, { firstBackup: true });
    assert.equal(ordered.firstBackup, "ordered");
    assert(wouldChange(ordered));
    const waited = await previewed({ info: [2], spec: manual, replicaBackup: [false] }, { firstBackup: true });
    assert.equal(waited.firstBackup, "waited-for");
    assert(!wouldChange(waited));
  });

  it("takes the reason for no dump", async () => {
    const found = await previewed({}, { dump: { skip: "nothing worth a dump" } });
    assert.deepEqual(found.create?.dump, { skipped: "nothing worth a dump" });
  });

  it("refuses what a run would refuse", async () => {
    await refused("stanza-broken", { info: [3] });
    await refused("stanza-unreachable", { info: [99] });
    await refused("leader-foreign", { leaders: ["payments-db-0"] });
    await refused("leader-unknown", { recovering: "t" });
    await refused("leader-unknown", { recovering: "?" });
    await refused("first-backup-impossible", {}, { firstBackup: true });
    await refused("disk-space-missing", { databaseBytes: Number.MAX_SAFE_INTEGER });
    await refused("dump-directory-unusable", {}, { dump: { directory: "/proc/version/dumps" } });
    await refused("cluster-recreated", {}, { uid: "0b1f8f2a-6a7e-4d0c-9a51-6f1f0a2b3c4d" });
  });
});

import assert from "node:assert/strict";
import { steps, type ReportOf } from "../../../../domain/steps/steps.ts";
import { RequestError } from "../../../../clients/kubernetes/request-error.ts";
import { harborClusterSchema } from "../../../../domain/harbor/objects.ts";
import { harborOperatorPgHba, requiredPgHba, runbookPgHba } from "../../../../domain/harbor/pg-hba.ts";
import { applyPgHba } from "../../../../operations/harbor/pg-hba.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { databaseUid, FakeHarbor, harbor } from "../../../support/fake-harbor.ts";
import { faultTest } from "../../../support/fault-test.ts";

const request = steps["harbor pg-hba"].request.parse({
  version: 1,
  kubernetes: { context: "test" },
  cluster: "harbor-cluster/harbor-cluster",
  timeLimit: "1m",
});
const surroundings = new FakeSurroundings();

function apply(kubernetes: FakeHarbor, changes: Partial<typeof request> = {}): Promise<ReportOf<"harbor pg-hba">> {
  return applyPgHba(kubernetes, { ...request, ...changes }, surroundings);
}

function withHarborOperatorsList(): FakeHarbor {
  const kubernetes = new FakeHarbor();
  kubernetes.make(harborOperatorPgHba);
  return kubernetes;
}

describe("applyPgHba", () => {
  it("writes the whole list, reads it again, and names the HarborCluster generation that it is valid for", async () => {
    const kubernetes = withHarborOperatorsList();
    const { outcome, uid, generation, pgHba, dropped } = await apply(kubernetes);
    assert.deepEqual(
      { outcome, uid, generation, dropped },
      { outcome: "applied", uid: databaseUid, generation: "1", dropped: [] },
    );
    assert.deepEqual(pgHba, runbookPgHba);
    assert.deepEqual(kubernetes.applied, [runbookPgHba]);
  });

  faultTest(
    26,
    "writes nothing and names both when the HarborCluster has another image or URL than declared",
    async () => {
      const kubernetes = withHarborOperatorsList();
      kubernetes.harborCluster = harborClusterSchema.parse({
        metadata: { ...harbor, uid: "h" },
        spec: { externalURL: "https://old.example.com" },
      });
      const declared = { image: "ghcr.io/zalando/spilo-16:3.3-p3", externalUrl: "https://harbor.example.com" };
      await assert.rejects(
        apply(kubernetes, declared),
        /the database's image is the Zalando operator's default[^]*its externalURL is https:\/\/old\.example\.com/,
      );
      assert.deepEqual(kubernetes.applied, []);
      assert.equal((await apply(kubernetes, { externalUrl: "https://old.example.com/" })).outcome, "applied");
    },
  );

  faultTest(27, "writes nothing when the list differs only in blanks", async () => {
    const kubernetes = new FakeHarbor();
    kubernetes.make(runbookPgHba.map((line) => line.replaceAll(/ +/g, "  ")));
    assert.equal((await apply(kubernetes)).outcome, "already-in-place");
    assert.deepEqual(kubernetes.applied, []);
  });

  faultTest(27, "removes and names lines that were added by hand", async () => {
    const kubernetes = new FakeHarbor();
    const extra = "host all reporting 10.0.0.0/8 md5";
    kubernetes.make([extra, ...runbookPgHba]);
    assert.deepEqual((await apply(kubernetes)).dropped, [extra]);
    assert(surroundings.lines.includes(`not in the list, so removed: ${extra}`));
    assert.deepEqual((await apply(kubernetes, { pgHba: requiredPgHba([extra]) })).dropped, []);
  });

  faultTest(27, "restores the list in the next run after the Harbor operator reverted it", async () => {
    const kubernetes = withHarborOperatorsList();
    await apply(kubernetes);
    kubernetes.make(harborOperatorPgHba, { generation: "2" });
    const { outcome, generation } = await apply(kubernetes);
    assert.deepEqual({ outcome, generation }, { outcome: "applied", generation: "2" });
  });

  faultTest(27, "waits for a resource that does not exist yet, says so, and writes", async () => {
    const kubernetes = new FakeHarbor();
    let reads = 0;
    kubernetes.onRead = () => {
      reads += 1;
      if (reads === 3) kubernetes.make(harborOperatorPgHba);
    };
    assert.equal((await apply(kubernetes)).outcome, "applied");
    assert(
      surroundings.lines.includes(
        "waiting for the Harbor operator to create postgresql harbor-cluster/postgresql-harbor-cluster-harbor-cluster",
      ),
    );
  });

  faultTest(27, "ends in time and says whether there is a HarborCluster when the resource never appears", async () => {
    const kubernetes = new FakeHarbor();
    const before = surroundings.elapsed;
    await assert.rejects(apply(kubernetes), /was not created within 1m$/);
    assert.equal(surroundings.elapsed - before, 60);
    kubernetes.harborCluster = undefined;
    await assert.rejects(apply(kubernetes), /there is no HarborCluster harbor-cluster\/harbor-cluster/);
  });

  faultTest(
    27,
    "writes the list to the new resource when it is recreated between reading and writing (409)",
    async () => {
      const kubernetes = withHarborOperatorsList();
      const { applyPgHba: write } = kubernetes;
      let conflicts = 0;
      kubernetes.applyPgHba = (postgresql, list) => {
        conflicts += 1;
        if (conflicts > 1) return write(postgresql, list);
        kubernetes.make(harborOperatorPgHba, { uid: "another" });
        return Promise.reject(
          new RequestError("kubernetes-failed", "Precondition failed: UID in precondition", {
            next: "",
            httpStatus: 409,
          }),
        );
      };
      assert.deepEqual([(await apply(kubernetes)).uid, conflicts], ["another", 2]);
    },
  );

  faultTest(
    27,
    "writes again after a conflict with the Harbor operator, and gives up when the conflicts never end",
    async () => {
      const kubernetes = withHarborOperatorsList();
      let writes = 0;
      kubernetes.afterApply = (list) => {
        writes += 1;
        return writes === 1 ? harborOperatorPgHba : list;
      };
      assert.equal((await apply(kubernetes)).outcome, "applied");
      assert.equal(writes, 2);
      kubernetes.afterApply = () => harborOperatorPgHba;
      kubernetes.make(harborOperatorPgHba);
      await assert.rejects(apply(kubernetes), /written 5 times, and was different again each time/);
    },
  );

  for (const httpStatus of [403, 500, undefined])
    it(`ends at once when the API server answers the write with ${httpStatus ?? "nothing"}`, async () => {
      const kubernetes = withHarborOperatorsList();
      let writes = 0;
      kubernetes.applyPgHba = () => {
        writes += 1;
        return Promise.reject(
          new RequestError("kubernetes-forbidden", "patch postgresqls: no", {
            next: "",
            ...(httpStatus !== undefined && { httpStatus }),
          }),
        );
      };
      await assert.rejects(apply(kubernetes), /patch postgresqls: no/);
      assert.equal(writes, 1);
    });

  it("ends at once with an error that is no answer of the API server", async () => {
    const kubernetes = withHarborOperatorsList();
    kubernetes.applyPgHba = () => Promise.reject(new Error("a bug"));
    await assert.rejects(apply(kubernetes), /a bug/);
  });

  faultTest(27, "writes the list to the new resource when the old one is gone at the write (404)", async () => {
    const kubernetes = withHarborOperatorsList();
    const { applyPgHba: write } = kubernetes;
    let writes = 0;
    kubernetes.applyPgHba = (postgresql, list) => {
      writes += 1;
      if (writes > 1) return write(postgresql, list);
      kubernetes.make(harborOperatorPgHba, { uid: "another" });
      return Promise.reject(new RequestError("kubernetes-failed", "not found", { next: "", httpStatus: 404 }));
    };
    assert.equal((await apply(kubernetes)).uid, "another");
  });

  it("pauses before each write after the first", async () => {
    const kubernetes = withHarborOperatorsList();
    const before = surroundings.elapsed;
    await apply(kubernetes);
    assert.equal(surroundings.elapsed, before);
    kubernetes.make(harborOperatorPgHba);
    kubernetes.afterApply = () => harborOperatorPgHba;
    await assert.rejects(apply(kubernetes));
    assert.equal(surroundings.elapsed - before, 4 * 2);
    assert.equal(kubernetes.applied.length, 1 + 5);
  });

  it("names a removed line once, however often it has to be written, and says that it writes", async () => {
    const kubernetes = new FakeHarbor();
    const extra = "host all reporting 10.3.0.0/16 md5";
    kubernetes.make([extra, ...runbookPgHba]);
    let writes = 0;
    kubernetes.afterApply = (list) => {
      writes += 1;
      return writes < 3 ? [extra, ...runbookPgHba] : list;
    };
    const own = new FakeSurroundings();
    await applyPgHba(kubernetes, request, own);
    assert.deepEqual(own.lines, [
      `not in the list, so removed: ${extra}`,
      ...Array<string>(3).fill(
        "writing 9 lines of pg_hba to postgresql harbor-cluster/postgresql-harbor-cluster-harbor-cluster",
      ),
    ]);
  });

  it("reports no generation when the resource names none", async () => {
    const kubernetes = new FakeHarbor();
    kubernetes.make(runbookPgHba);
    if (kubernetes.postgresql) kubernetes.postgresql.metadata.annotations = {};
    assert.equal((await apply(kubernetes)).generation, null);
  });

  it("refuses a list that locks out the cluster's own users before any request", async () => {
    const kubernetes = new FakeHarbor();
    await assert.rejects(
      apply(kubernetes, { pgHba: ["hostssl all all all reject"] }),
      /Patroni and the backups[^]*Harbor[^]*pam line is missing/,
    );
    assert.deepEqual(kubernetes.applied, []);
  });
});

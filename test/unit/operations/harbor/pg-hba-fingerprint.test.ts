import assert from "node:assert/strict";
import { duration } from "../../../../domain/duration.ts";
import { harborOperatorPgHba, runbookPgHba } from "../../../../domain/harbor/pg-hba.ts";
import { applyPgHba } from "../../../../operations/harbor/pg-hba.ts";
import { lookAtPgHba } from "../../../../operations/harbor/pg-hba-fingerprint.ts";
import { realSurroundings } from "../../../../operations/surroundings.ts";
import { databaseUid, FakeHarbor } from "../../../support/fake-harbor.ts";
import { faultTest } from "../../../support/fault-test.ts";

const request = { cluster: { namespace: "harbor-cluster", name: "harbor-cluster" }, pgHba: [...runbookPgHba] };
const surroundings = {
  ...realSurroundings(() => undefined, new AbortController().signal),
  sleep: () => Promise.resolve(),
};

describe("lookAtPgHba", () => {
  faultTest(
    27,
    "is the same for the Harbor operator's list and the required one, and changes after an edit of the HarborCluster",
    async () => {
      const client = new FakeHarbor();
      const fingerprintOf = async (list: readonly string[], generation: string): Promise<string> => {
        client.make(list, { generation });
        return (await lookAtPgHba(client, { ...request, pgHba: [...runbookPgHba] }, surroundings)).fingerprint;
      };
      assert.equal(await fingerprintOf(harborOperatorPgHba, "1"), `${databaseUid} generation 1`);
      assert.equal(await fingerprintOf(runbookPgHba, "1"), `${databaseUid} generation 1`);
      assert.equal(await fingerprintOf(harborOperatorPgHba, "2"), `${databaseUid} generation 2`);
      assert.deepEqual(client.applied, []);
    },
  );

  faultTest(87, "names the lines that were added by hand, by the field manager that wrote the list last", async () => {
    const client = new FakeHarbor();
    client.make([...runbookPgHba, "host all ops 10.1.0.0/16 md5"]);
    const dropped = async (manager: string): Promise<readonly string[]> => {
      const owned = { manager, fieldsV1: { "f:spec": { "f:patroni": { "f:pg_hba": {} } } } };
      if (client.postgresql) client.postgresql.metadata.managedFields = [owned];
      return (await lookAtPgHba(client, { ...request, pgHba: [...runbookPgHba] }, surroundings)).dropped;
    };
    assert.deepEqual(await dropped("kubectl-edit"), ["host all ops 10.1.0.0/16 md5"]);
    assert.deepEqual(await dropped("postgres-recovery"), []);
  });

  faultTest(
    87,
    "is the same after a list of somebody else was replaced, although it came back in between",
    async () => {
      const client = new FakeHarbor();
      const byHand = [...runbookPgHba, "host all ops 10.1.0.0/16 md5"];
      client.make(byHand);
      const look = async (): Promise<string> => (await lookAtPgHba(client, request, surroundings)).fingerprint;
      const before = await look();
      assert.equal(before, `${databaseUid} generation 1, 1 replaced`);
      client.afterApply = (list) => (client.applied.length === 1 ? byHand : list);
      await applyPgHba(client, { ...request, timeLimit: duration("1m") }, surroundings);
      assert.equal(client.applied.length, 2);
      assert.equal(await look(), before);
      client.make(byHand, { replacedLists: 1 });
      assert.equal(await look(), `${databaseUid} generation 1, 2 replaced`);
    },
  );

  faultTest(27, "says at once that the resource does not exist yet, or waits for it on request", async () => {
    const client = new FakeHarbor();
    assert.equal((await lookAtPgHba(client, { ...request, pgHba: [] }, surroundings)).fingerprint, "no resource");
    let reads = 0;
    client.onRead = () => {
      reads += 1;
      if (reads === 3) client.make(harborOperatorPgHba);
    };
    assert.match(
      (await lookAtPgHba(client, { ...request, pgHba: [], wait: duration("15m") }, surroundings)).fingerprint,
      /generation 1/,
    );
  });
});

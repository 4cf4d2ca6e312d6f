import assert from "node:assert/strict";
import type { Finding } from "../../../../domain/finding.ts";
import { isClaimOf, judgeVolumes, type VolumeClaim, type VolumeFacts } from "../../../../domain/restore/volumes.ts";
import { at } from "../../../support/walg.ts";
import { faultSuite } from "../../../support/fault-test.ts";

const harbor = { namespace: "harbor-cluster", name: "harbor-cluster" };
const first = "pgdata-postgresql-harbor-cluster-harbor-cluster-0";
const second = "pgdata-postgresql-harbor-cluster-harbor-cluster-1";
const claim = (name: string, created: number, isEnding = false): VolumeClaim => ({ name, created, isEnding });

function judged(claims: VolumeFacts["claims"], databaseCreated?: number): Finding[] {
  return judgeVolumes({ context: "lab", harbor, claims, databaseCreated });
}

faultSuite(110, "volumes of the lost database", () => {
  it("are claims with the StatefulSet's name and a number, whatever their labels", () => {
    const names = [first, `${first}0`, second, first.slice(0, -1), `${first}-x`, `x${first}`, "pgdata-other-0"];
    assert.deepEqual(
      names.filter((name) => isClaimOf(harbor, name)),
      [first, `${first}0`, second],
    );
  });

  it("are refused when the database does not exist yet, with the command that deletes them", () => {
    const [finding, ...others] = judged({ found: [claim(first, at("01:00")), claim(second, at("02:00"), true)] });
    assert.deepEqual(others, []);
    assert.equal(finding?.code, "volumes-left");
    assert.match(finding.what, new RegExp(`${first}, ${second} are left of the lost database`));
    assert.match(finding.fix, new RegExp(`kubectl --context lab -n harbor-cluster delete pvc ${first} ${second}$`));
  });

  it("are refused when they are older than the new database, which has to go first", () => {
    const claims = { found: [claim(first, at("01:00")), claim(second, at("03:00"))] };
    const [finding] = judged(claims, at("02:00"));
    assert.equal(finding?.code, "volumes-left");
    assert.match(finding.what, new RegExp(`^${first} is left`));
    assert.match(finding.fix, /^delete the HarborCluster and its postgresql resource, which use it; then, /);
  });

  it("need only patience when all of them are being deleted", () => {
    const [finding] = judged({ found: [claim(first, at("01:00"), true)] });
    assert.equal(finding?.severity, "refuse");
    assert.match(finding.fix, /^it is being deleted: wait/);
  });

  it("are not those of the new database, even of the same second", () => {
    for (const found of [[], [claim(first, at("02:00")), claim(second, at("02:30"), true)]])
      assert.deepEqual(
        judged({ found }, at("02:00")).map(({ code }) => code),
        ["volumes-none-left"],
      );
  });

  it("are unknown, which is never okay, when they cannot be listed", () => {
    assert.deepEqual(
      judged({ failed: "403" }).map(({ code, severity, what }) => [code, severity, what]),
      [["volumes-unreadable", "unknown", "403"]],
    );
  });
});

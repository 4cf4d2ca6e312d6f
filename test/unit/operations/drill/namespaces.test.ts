import assert from "node:assert/strict";
import { duration } from "../../../../domain/duration.ts";
import { drillsToRemove, listDrills, removeDrills } from "../../../../operations/drill/namespaces.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { FakeDrills } from "../../../support/fake-drill.ts";
import { faultTest } from "../../../support/fault-test.ts";

const limit = duration("5m");
const origin = { id: "a", cluster: "ns/db", source: "s3://bkt/p", keep: false };

function world() {
  const [client, surroundings] = [new FakeDrills(), new FakeSurroundings()];
  const now = surroundings.now().getTime();
  const names = {
    killed: client.add({ ...origin, id: "killed" }, { holder: "h", renewed: now - 301_000 }),
    running: client.add({ ...origin, id: "running" }, { holder: "h", renewed: now - 1000 }),
    kept: client.add({ ...origin, id: "kept", keep: true }, { holder: "", renewed: now }),
  };
  return { client, surroundings, names };
}

describe("the namespaces of drills", () => {
  it("are listed with their state", async () => {
    const { client, surroundings } = world();
    const { drills } = await listDrills(client, surroundings);
    const states = drills.map(({ namespace, state }) => `${namespace.split("-").at(-1) ?? ""}: ${state}`);
    assert.deepEqual(states.toSorted(), ["kept: kept", "killed: abandoned", "running: running"]);
  });

  it("are unknown, and not removed, when their Lease cannot be read", async () => {
    const { client, surroundings, names } = world();
    client.getLease = () => Promise.reject(new Error("forbidden"));
    const { drills } = await listDrills(client, surroundings);
    assert.deepEqual([...new Set(drills.map(({ state }) => state))], ["unknown"]);
    assert.deepEqual(drillsToRemove(drills, []), []);
    assert.throws(() => drillsToRemove(drills, [names.killed]), { code: "drill-still-running" });
  });

  faultTest(174, "are removed when their drill was killed; others only by name, and one that runs never", async () => {
    const { client, surroundings, names } = world();
    const { drills } = await listDrills(client, surroundings);
    const chosen = (...named: string[]): string[] => drillsToRemove(drills, named).map(({ namespace }) => namespace);
    assert.deepEqual(chosen(), [names.killed]);
    assert.deepEqual(chosen(names.kept), [names.kept]);
    assert.throws(() => chosen(names.kept, names.running), { code: "drill-still-running" });
    assert.throws(() => chosen("harbor-cluster"), { code: "drill-not-found" });
  });

  faultTest(174, "are looked at again right before they are removed", async () => {
    const { client, surroundings, names } = world();
    const { drills } = await listDrills(client, surroundings);
    const chosen = drillsToRemove(drills, []);
    client.add({ ...origin, id: "killed" }, { holder: "h", renewed: surroundings.now().getTime() });
    const ended = await removeDrills(client, { chosen, areNamed: false, limit }, surroundings);
    assert.deepEqual(ended, { removed: [], left: [names.killed] });
    assert.deepEqual(client.writes, []);
  });

  faultTest(174, "are never removed once somebody has taken the labels away", async () => {
    const { client, surroundings, names } = world();
    const { drills } = await listDrills(client, surroundings);
    const found = client.namespaces.get(names.killed);
    assert(found);
    client.namespaces.set(names.killed, { ...found, labels: {} });
    const task = { chosen: drillsToRemove(drills, []), areNamed: true, limit };
    assert.deepEqual(await removeDrills(client, task, surroundings), { removed: [], left: [names.killed] });
    assert.deepEqual(client.writes, []);
  });

  it("are gone, or are reported as still there when the time is over", async () => {
    const { client, surroundings, names } = world();
    const { drills } = await listDrills(client, surroundings);
    const task = { chosen: drillsToRemove(drills, []), areNamed: false, limit };
    client.staysForever = true;
    assert.deepEqual(await removeDrills(client, task, surroundings), { removed: [], left: [names.killed] });
    assert(surroundings.elapsed >= limit);
    client.staysForever = false;
    assert.deepEqual(await removeDrills(client, task, surroundings), { removed: [names.killed], left: [] });
    assert.deepEqual(await removeDrills(client, task, surroundings), { removed: [names.killed], left: [] });
  });
});

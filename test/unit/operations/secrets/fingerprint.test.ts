import assert from "node:assert/strict";
import { duration } from "../../../../domain/duration.ts";
import { fingerprintSecrets } from "../../../../operations/secrets/fingerprint.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { FakeHarbor, harbor, statefulSetOf } from "../../../support/fake-harbor.ts";

const backups = { PGVERSION: "12", WAL_S3_BUCKET: "bkt" };

describe("fingerprintSecrets", () => {
  let kubernetes: FakeHarbor;
  let surroundings: FakeSurroundings;

  beforeEach(() => {
    kubernetes = new FakeHarbor();
    kubernetes.make([]);
    kubernetes.statefulSet = statefulSetOf({ env: backups });
    kubernetes.systemIdentifier = "7301234567890123456";
    kubernetes.secrets["harbor-cluster/one"] = { type: "Opaque", data: { password: "cw==" } };
    surroundings = new FakeSurroundings();
  });

  const fingerprint = async (wait?: Parameters<typeof duration>[0]): Promise<string> => {
    const limit = wait === undefined ? undefined : duration(wait);
    return (await fingerprintSecrets(kubernetes, harbor, ["one"], limit, surroundings)).fingerprint;
  };

  it("is the same for the same content, and changes with a Secret or the database", async () => {
    const before = await fingerprint();
    assert.equal(await fingerprint("1m"), before);
    kubernetes.secrets["harbor-cluster/one"] = { type: "Opaque", data: { password: "dA==" } };
    const rotated = await fingerprint();
    kubernetes.make([], { uid: "another" });
    const recreated = await fingerprint();
    assert.equal(new Set([before, rotated, recreated]).size, 3);
  });

  it("does not wait when it is not told to", async () => {
    kubernetes.secrets = {};
    await fingerprint();
    assert.deepEqual([surroundings.elapsed, surroundings.lines], [0, []]);
  });

  it("waits for a Secret for the whole limit, says so once, and names what is missing", async () => {
    kubernetes.secrets = {};
    await assert.rejects(fingerprint("5m"), /these do not exist after 5m:\n {2}Secret one$/);
    assert.equal(surroundings.elapsed, 300);
    assert.deepEqual(surroundings.lines, ["waiting for: Secret one"]);
  });

  it("waits for the system identifier for a minute at most, and goes on without it", async () => {
    kubernetes.systemIdentifier = undefined;
    await fingerprint("5m");
    assert.equal(surroundings.elapsed, 60);
    assert.deepEqual(surroundings.lines, ["waiting for: the system identifier, which Patroni creates"]);
  });

  it("goes on without the system identifier at once when the Secrets took longer than a minute", async () => {
    kubernetes.systemIdentifier = undefined;
    const { secrets } = kubernetes;
    kubernetes.secrets = {};
    kubernetes.onRead = () => {
      if (surroundings.elapsed >= 90) kubernetes.secrets = secrets;
    };
    await fingerprint("5m");
    assert.equal(surroundings.elapsed, 90);
  });
});

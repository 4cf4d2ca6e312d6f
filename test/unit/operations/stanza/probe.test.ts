import assert from "node:assert/strict";
import { RecoveryError } from "../../../../domain/errors.ts";
import { existingCluster } from "../../../../operations/stanza/probe.ts";
import { FakeCluster } from "../../../support/fake-cluster.ts";
import { faultTest } from "../../../support/fault-test.ts";

describe("existingCluster", () => {
  async function nextStep(client: FakeCluster, namespace: string): Promise<string | undefined> {
    const error: unknown = await existingCluster(client, { namespace, name: "calendar-db" }).catch((e: unknown) => e);
    assert(error instanceof RecoveryError);
    assert.equal(error.code, "postgres-cluster-not-found");
    return error.next;
  }

  faultTest(82, "asks whether a cluster with a similar name was meant", async () => {
    const client = new FakeCluster({ info: [2], operator: [true] });
    assert.equal(
      await nextStep(client, "calender"),
      "did you mean calendar/calendar-db? Or list all clusters: postgres-recovery stanza list",
    );
    assert.equal(await nextStep(client, "harbor"), "list all clusters: postgres-recovery stanza list");
  });

  faultTest(82, "reports a missing cluster also when the clusters may not be listed", async () => {
    const client = new FakeCluster({ info: [2], operator: [true] });
    client.listPostgresClusters = () => Promise.reject(new RecoveryError("kubernetes-forbidden", "not allowed"));
    assert.equal(await nextStep(client, "calender"), "list all clusters: postgres-recovery stanza list");
  });
});

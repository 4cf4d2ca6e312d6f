import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { connectHarbor } from "../../../../clients/kubernetes/harbor.ts";
import { FakeApiServer } from "../../../support/fake-api-server.ts";
import { podOf } from "../../../support/fake-harbor.ts";
import { faultTest } from "../../../support/fault-test.ts";

describe("the delete of a Pod", () => {
  faultTest(93, "has the UID of the Pod that was seen as its condition, and the API server can read it", async () => {
    const deletes: Promise<string>[] = [];
    const server = await FakeApiServer.start((request) => {
      if (request.method === "DELETE") deletes.push(text(request));
      return { status: 200, body: {} };
    });
    try {
      const { kubeconfig } = server;
      const { signal } = new AbortController();
      const client = await connectHarbor({ context: "test", kubeconfig }, signal, () => undefined);
      await client.deletePod(podOf(0, { uid: "the-uid-that-was-seen" }));
      const [body = "", ...others] = await Promise.all(deletes);
      assert.deepEqual([JSON.parse(body), others], [{ preconditions: { uid: "the-uid-that-was-seen" } }, []]);
    } finally {
      await server.stop();
    }
  });
});

import assert from "node:assert/strict";
import { tryStanzaCreate } from "../../../../clients/pod/pgbackrest.ts";

describe("tryStanzaCreate", () => {
  it("tells the causes of exit code 39 apart by what pgBackRest printed", async () => {
    const end = (stderr: string) =>
      tryStanzaCreate(() => Promise.resolve({ end: "exited", code: 39, stdout: "", stderr }), {
        namespace: "calendar",
        pod: "calendar-db-0",
        container: "database",
      });
    const busy = await end("ERROR: [039]: HTTP request failed with 429 (Too Many Requests):\n*** Path/Query ***:\n");
    assert.equal(busy.decision, "retry-few");
    assert.match(busy.meaning, /HTTP 429/);
    const version = await end("ERROR: [039]: expected value '2.59.1' for greeting key 'version' but got '2.45'\n");
    assert.equal(version.decision, "stop");
  });
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { separator } from "../../../clients/pod/pgbackrest.ts";
import { startClusters } from "../../support/clusters-api-server.ts";
import { healthyDatabase } from "../../support/fake-cluster.ts";
import { sampleOutput } from "../../support/fixtures.ts";

const program = join(import.meta.dirname, "../../../bin/postgres-recovery");

describe("stanza list --watch", function () {
  this.timeout("60s");

  it("lists again after each pause, says when and of which context, and ends only when it is interrupted", async () => {
    const server = await startClusters({
      honest: `${sampleOutput("info-11-ok-json")}\n${separator}\n${healthyDatabase()}\n`,
    });
    try {
      const watching = execa(program, ["stanza", "list", "--watch", "--interval", "1s"], {
        env: { KUBECONFIG: server.kubeconfig },
        reject: false,
      });
      let lists = 0;
      watching.stdout.on("data", (text: Buffer) => {
        lists += text.toString().match(/^NAMESPACE/gm)?.length ?? 0;
        if (lists === 3) watching.kill("SIGINT");
      });
      const { exitCode, stdout } = await watching;
      assert.equal(exitCode, 130);
      const times = [...stdout.matchAll(/^(20\S+Z), again in 1s$/gm)].map(([, time = ""]) => Date.parse(time));
      assert(times.length >= 3, stdout);
      for (const [index, time] of times.slice(1).entries()) assert(time - (times[index] ?? 0) >= 1000, stdout);
      assert.equal(stdout.match(/^1 cluster in context test: /gm)?.length, times.length);
    } finally {
      await server.stop();
    }
  });
});

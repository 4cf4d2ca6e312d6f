import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { separator } from "../../../clients/pod/pgbackrest.ts";
import { startClusters } from "../../support/clusters-api-server.ts";
import { healthyDatabase } from "../../support/fake-cluster.ts";
import { sampleOutput } from "../../support/fixtures.ts";
import { readOpenMetrics } from "../../support/open-metrics.ts";

const program = join(import.meta.dirname, "../../../bin/postgres-recovery");

describe("stanza list -o openmetrics", function () {
  this.timeout("60s");

  it("prints one whole text, with the exit code of the list", async () => {
    const honest = `${sampleOutput("info-11-ok-json")}\n${separator}\n${healthyDatabase()}\n`;
    const server = await startClusters({ honest, silent: "nothing that can be read" });
    try {
      const { exitCode, stdout } = await execa(program, ["stanza", "list", "-o", "openmetrics"], {
        env: { KUBECONFIG: server.kubeconfig },
        reject: false,
      });
      const families = new Map(readOpenMetrics(stdout).map((family) => [family.name, family.samples]));
      const verdicts = families.get("postgres_recovery_stanza_verdict") ?? [];
      assert.deepEqual(
        verdicts.filter(({ value }) => value === 1).map(({ labels }) => [labels["cluster"], labels["verdict"]]),
        [
          ["honest", "okay"],
          ["silent", "undetermined"],
        ],
      );
      assert.equal(exitCode, 3);
      const [checked] = families.get("postgres_recovery_check_timestamp_seconds") ?? [];
      assert(checked !== undefined && Math.abs(checked.value - Date.now() / 1000) < 60, stdout);
    } finally {
      await server.stop();
    }
  });

  it("refuses --watch before anything is asked, and then prints nothing that looks like metrics", async () => {
    const { exitCode, stdout, stderr } = await execa(program, ["stanza", "list", "--watch", "-o", "openmetrics"], {
      env: { KUBECONFIG: "/nonexistent" },
      reject: false,
    });
    assert.equal(exitCode, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /error\[arguments-invalid\]: -o openmetrics prints one list/);
  });
});

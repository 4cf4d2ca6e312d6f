import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { startClusters } from "../../support/clusters-api-server.ts";

const program = join(import.meta.dirname, "../../../bin/postgres-recovery");

describe("stanza list of a context without any PostgresCluster", function () {
  this.timeout("30s");

  for (const output of ["table", "log", "json"])
    it(`is an error that names the context, and not all okay: -o ${output}`, async () => {
      const server = await startClusters({});
      try {
        const { exitCode, stderr, stdout } = await execa(program, ["stanza", "list", "-o", output], {
          env: { KUBECONFIG: server.kubeconfig },
          reject: false,
        });
        assert.equal(exitCode, 2);
        assert.match(stderr, /^error\[context-without-clusters\]: there is no PostgresCluster in context test\nnext: /);
        assert.doesNotMatch(stdout, /okay/i);
      } finally {
        await server.stop();
      }
    });
});

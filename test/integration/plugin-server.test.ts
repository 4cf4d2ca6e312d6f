import * as grpc from "@grpc/grpc-js";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { listenOnLoopback } from "../../sandbox/pulumi/plugin-server.ts";

describe("what the stand-ins for Pulumi's plugins have in common", function () {
  this.timeout(30_000);

  it("a plugin ends at its next health check after the engine was killed, and not before", async () => {
    const engine = new grpc.Server();
    const address = `127.0.0.1:${await listenOnLoopback(engine)}`;
    const module = join(import.meta.dirname, "../../sandbox/pulumi/plugin-server.ts");
    const program = `
      import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
      import { servePlugin } from ${JSON.stringify(module)};
      await servePlugin(services.ResourceProviderService, {}, ${JSON.stringify(address)}, 100);`;
    const plugin = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      const ended = once(plugin, "exit");
      const [port] = (await once(createInterface({ input: plugin.stdout }), "line")) as [string];
      assert.match(port, /^\d+$/);
      // An engine without a health service is alive.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      assert.equal(plugin.exitCode, null);
      engine.forceShutdown();
      assert.deepEqual(await ended, [0, null]);
    } finally {
      plugin.kill("SIGKILL");
      engine.forceShutdown();
    }
  });
});

import assert from "node:assert/strict";
import { CoreV1Api, KubeConfig as WholeKubeConfig } from "@kubernetes/client-node";
import { execa } from "execa";
import { KubeConfig } from "../../../clients/lean-kubeconfig.ts";

const cluster = { name: "c", server: "https://127.0.0.1:6443", skipTLSVerify: false };

describe("the KubeConfig without the generated API", () => {
  it("is loaded without it, whatever the library's files are called by now", () => {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(cluster, { name: "ada" });
    assert.throws(() => config.makeApiClient(CoreV1Api), /makes no API clients/);
  });

  it("is loaded without undici", async () => {
    const script = `
      await import("${new URL("../../../clients/lean-kubeconfig.ts", import.meta.url).href}");
      const { createRequire } = await import("node:module");
      console.log(Object.keys(createRequire("/").cache).filter((file) => /node_modules.(undici|hpagent)./.test(file)).length);`;
    const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", script]);
    // hpagent, which KubeConfig does need, shows that what is loaded is seen here.
    assert.equal(stdout, "1");
  });

  it("leaves the library as it is for everybody else", () => {
    const config = new WholeKubeConfig();
    config.loadFromClusterAndUser(cluster, { name: "ada" });
    assert.ok(config.makeApiClient(CoreV1Api) instanceof CoreV1Api);
  });
});

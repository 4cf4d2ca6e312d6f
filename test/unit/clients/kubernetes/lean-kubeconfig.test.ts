import assert from "node:assert/strict";
import { CoreV1Api, KubeConfig as WholeKubeConfig } from "@kubernetes/client-node";
import { execa } from "execa";
import { KubeConfig } from "../../../../clients/kubernetes/lean-kubeconfig.ts";

const cluster = { name: "c", server: "https://127.0.0.1:6443", skipTLSVerify: false };

describe("the KubeConfig without the generated API", () => {
  it("loads without that API, whatever the library's files are called today", () => {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(cluster, { name: "ada" });
    assert.throws(() => config.makeApiClient(CoreV1Api), /makes no API clients/);
  });

  it("loads without the generated files and undici, however they are imported", async () => {
    const script = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      await import("${new URL("../../../../clients/kubernetes/lean-kubeconfig.ts", import.meta.url).href}");
      console.log(JSON.stringify(["config.js", "/client-node/dist/gen/apis/", "/undici/"].map((part) => loaded.some((url) => url.includes(part)))));`;
    const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", script]);
    assert.deepEqual(JSON.parse(stdout), [true, false, false]);
  });

  it("leaves the library unchanged for other importers", () => {
    const config = new WholeKubeConfig();
    config.loadFromClusterAndUser(cluster, { name: "ada" });
    assert.ok(config.makeApiClient(CoreV1Api) instanceof CoreV1Api);
  });
});

import assert from "node:assert/strict";
import { CoreV1Api, KubeConfig as WholeKubeConfig } from "@kubernetes/client-node";
import { KubeConfig } from "../../../clients/lean-kubeconfig.ts";

const cluster = { name: "c", server: "https://127.0.0.1:6443", skipTLSVerify: false };

describe("the KubeConfig without the generated API", () => {
  it("is loaded without it, whatever the library's files are called by now", () => {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(cluster, { name: "ada" });
    assert.throws(() => config.makeApiClient(CoreV1Api), /makes no API clients/);
  });

  it("leaves the library as it is for everybody else", () => {
    const config = new WholeKubeConfig();
    config.loadFromClusterAndUser(cluster, { name: "ada" });
    assert.ok(config.makeApiClient(CoreV1Api) instanceof CoreV1Api);
  });
});

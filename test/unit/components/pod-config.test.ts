import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { kubernetesProvider } from "../../../components/harbor/kubernetes-provider.ts";
import { PodConfig } from "../../../components/harbor/pod-config.ts";
import type { Backup, Restore } from "../../../domain/restore/restore.ts";
import { optionsOf, registered, type Registered } from "../../support/pulumi-mocks.ts";
import { faultTest } from "../../support/fault-test.ts";

const irsaRoleArn = "arn:aws:iam::123456789012:role/r";
const backup: Backup = {
  bucket: "harbor-db",
  region: "eu-west-2",
  schedule: "0 1 * * *",
  retainDays: 5,
  credentials: "secret",
};
const restore: Restore = {
  id: "r1",
  scope: "postgresql-harbor-cluster-harbor-cluster",
  source: { uid: "99e85b8a-3f92-4c86-8d42-5056348c1e7e" },
  postgresVersion: 12,
  versionInPath: true,
  bucket: "harbor-db",
  region: "eu-west-2",
  credentials: "secret",
};
const keys = {
  backup: { accessKeyId: "CANARY-1", secretAccessKey: "CANARY-2" },
  restore: { accessKeyId: "CANARY-3", secretAccessKey: "CANARY-4" },
};

const instances = { podConfig: "instance-1", podSecret: "instance-2" };

function declared(own: Backup, lost?: Restore): Promise<Registered[]> {
  return registered(
    () => {
      const provider = kubernetesProvider("lab", { context: "lab" });
      const args = {
        podConfig: { namespace: "harbor-operator-ns", name: "pod-config" },
        podSecret: { namespace: "harbor-cluster", name: "pod-secret" },
        backup: own,
        restore: lost,
        check: "check-1",
        instances,
        keys: pulumi.secret(keys),
      };
      new PodConfig("pod-config", args, { provider });
    },
    () => "",
  );
}

const configMapOf = (resources: readonly Registered[]): Registered | undefined =>
  resources.find(({ type }) => type === "kubernetes:core/v1:ConfigMap");
const secretOf = (resources: readonly Registered[]): Registered | undefined =>
  resources.find(({ type }) => type === "kubernetes:core/v1:Secret");

/** The SDK's marker for a secret on its way to the engine. */
const secretMark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

describe("PodConfig", () => {
  it("declares the ConfigMap under its fixed name, and changes it in place", async () => {
    const resources = await declared(backup);
    const { metadata } = configMapOf(resources)?.inputs ?? {};
    assert.deepEqual(metadata, {
      namespace: "harbor-operator-ns",
      name: "pod-config",
      annotations: {
        "pulumi.com/patchForce": "true",
        "pulumi.com/patchFieldManager": "postgres-recovery",
        "postgres-recovery/check": "check-1",
        "postgres-recovery/instance": "instance-1",
      },
    });
    assert.match(JSON.stringify(secretOf(resources)?.inputs["metadata"]), /"postgres-recovery\/check":"check-1"/);
    const provider = resources.find(({ type }) => type === "pulumi:providers:kubernetes");
    assert.equal(provider?.inputs["enableConfigMapMutable"], "true");
    assert.equal(provider.inputs["enableSecretMutable"], "true");
    // For a provider of 4.29 or newer; test/e2e/adoption.test.ts shows what it does.
    assert.equal(provider.inputs["upsertExistingObjects"], "true");
  });

  it("keeps the path of a kubeconfig that no setting names out of the state", async () => {
    const before = process.env["KUBECONFIG"];
    process.env["KUBECONFIG"] = "/home/somebody/.kube/config";
    try {
      const provider = (await declared(backup)).find(({ type }) => type === "pulumi:providers:kubernetes");
      assert.equal(provider?.inputs["kubeconfig"], "");
    } finally {
      if (before === undefined) delete process.env["KUBECONFIG"];
      else process.env["KUBECONFIG"] = before;
    }
  });

  it("puts the keys only into the Secret, marked as secret", async () => {
    const resources = await declared(backup, restore);
    assert.deepEqual(secretOf(resources)?.inputs["stringData"], {
      ...secretMark,
      value: {
        AWS_ACCESS_KEY_ID: "CANARY-1",
        AWS_SECRET_ACCESS_KEY: "CANARY-2",
        CLONE_AWS_ACCESS_KEY_ID: "CANARY-3",
        CLONE_AWS_SECRET_ACCESS_KEY: "CANARY-4",
      },
    });
    assert.doesNotMatch(JSON.stringify(resources.filter(({ type }) => type !== "kubernetes:core/v1:Secret")), /CANARY/);
  });

  it("leaves both in place when the stack is destroyed, because the operator needs them", async () => {
    await declared(backup);
    assert.equal(optionsOf.get("pod-config-keys")?.retainOnDelete, true);
    assert(optionsOf.get("pod-config")?.retainOnDelete);
  });

  faultTest(78, "refuses a destroy during a restore, whose CLONE_ values would stay, and only then", async () => {
    for (const [declaredRestore, isProtected] of [
      [restore, true],
      [undefined, false],
    ] as const) {
      await declared(backup, declaredRestore);
      assert.equal(optionsOf.get("pod-config")?.protect, isProtected);
    }
  });

  it("creates an object again that has another id, as after a loss; a protected Secret could not be", async () => {
    const resources = await declared(backup, restore);
    assert.equal(optionsOf.get("pod-config")?.replacementTrigger, "instance-1");
    assert.equal(optionsOf.get("pod-config-keys")?.replacementTrigger, "instance-2");
    assert.equal(optionsOf.get("pod-config-keys")?.protect, false);
    assert.match(JSON.stringify(secretOf(resources)?.inputs["metadata"]), /"postgres-recovery\/instance":"instance-2"/);
  });

  faultTest(
    25,
    "has no CLONE_ value in either without a restore, even if its keys are still in the settings",
    async () => {
      assert.doesNotMatch(JSON.stringify(await declared(backup)), /CLONE_|CANARY-[34]/);
    },
  );

  it("does not use the keys of a side that has a role", async () => {
    const text = JSON.stringify(await declared({ ...backup, credentials: { irsaRoleArn } }, restore));
    assert.match(text, /CANARY-3/);
    assert.doesNotMatch(text, /CANARY-[12]/);
  });

  it("declares an empty Secret when every side has a role, because the operator's configuration may name it", async () => {
    const resources = await declared(
      { ...backup, credentials: { irsaRoleArn } },
      { ...restore, credentials: { irsaRoleArn } },
    );
    assert.deepEqual(
      [secretOf(resources)?.inputs["type"], secretOf(resources)?.inputs["stringData"]],
      ["Opaque", undefined],
    );
    assert.doesNotMatch(JSON.stringify(resources), /CANARY/);
  });
});

import assert from "node:assert/strict";
import { steps } from "../../../domain/steps/steps.ts";
import { duration } from "../../../domain/duration.ts";
import { KeptSecrets, type KeptSecretsArgs } from "../../../components/secrets/kept-secrets.ts";
import { RestoredSecrets } from "../../../components/secrets/restored-secrets.ts";
import { faultTest } from "../../support/fault-test.ts";
import { optionsOf, registered, type Registered } from "../../support/pulumi-mocks.ts";

const harbor = {
  kubernetes: { context: "lab" },
  cluster: { namespace: "harbor-cluster", name: "harbor-cluster" },
  also: ["registry-pull"],
  region: "eu-west-2",
};
const kubernetes = "c0ffee00-3f92-4c86-8d42-5056348c1e7e";
const identity = { harbor: "harbor-cluster/harbor-cluster", uid: "1", backups: null, systemIdentifier: null };
const stdout = JSON.stringify({ version: 1, fingerprint: "f".repeat(64), kubernetes, cluster: identity, secrets: [] });
const secretMark = "4dabf18193072939515e22adb298388d";

describe("the declared secrets", () => {
  const kept = (change: Partial<KeptSecretsArgs> = {}): Promise<Registered[]> =>
    registered(
      () => {
        new KeptSecrets("kept", { ...harbor, timeLimit: duration("15m"), ...change });
      },
      () => stdout,
    );
  const ofType = (resources: readonly Registered[], type: string) =>
    resources.filter((resource) => resource.type === type);
  const places = (resources: readonly Registered[]) => ofType(resources, "aws:secretsmanager/secret:Secret");
  const command = (resources: readonly Registered[], name: string) =>
    ofType(resources, "command:local:Command").find((one) => one.name === name)?.inputs ?? {};

  it("have one AWS secret each, below the Kubernetes cluster's UID, and never deleted with the stack", async () => {
    const resources = await kept({
      kmsKeyId: "alias/harbor",
      replicas: [{ region: "eu-west-1" }],
      recoveryWindowDays: 14,
    });
    assert.equal(places(resources).length, 5);
    for (const { name, inputs } of places(resources)) {
      assert.equal(inputs["name"], name.replace("/harbor", `/${kubernetes}/harbor`));
      assert.match(name, /^postgres-recovery\/harbor-cluster\/harbor-cluster\//);
      assert.deepEqual(
        [inputs["kmsKeyId"], inputs["replicas"], inputs["recoveryWindowInDays"]],
        ["alias/harbor", [{ region: "eu-west-1" }], 14],
      );
      // A rebuilt cluster gets new names, which `protect` would refuse.
      assert.equal(optionsOf.get(name)?.protect, false);
      assert.equal(optionsOf.get(name)?.retainOnDelete, true);
    }
  });

  faultTest(67, "get their names from kubeSystemUid where the stack names it", async () => {
    const kubeSystemUid = "decaf000-3f92-4c86-8d42-5056348c1e7e";
    for (const { inputs } of places(await kept({ kubernetes: { context: "lab", kubeSystemUid } })))
      assert.match(String(inputs["name"]), /^postgres-recovery\/decaf000-/);
  });

  it("default to a 30-day recovery window, AWS's own key and no replicas", async () => {
    const [place] = places(await kept());
    assert.equal(place?.inputs["recoveryWindowInDays"], 30);
    assert.equal(place.inputs["kmsKeyId"], undefined);
    assert.equal(place.inputs["replicas"], undefined);
  });

  it("only look up AWS secrets that exist", async () => {
    for (const { inputs } of places(await kept({ adopt: true }))) assert.equal(inputs["description"], undefined);
  });

  it("pass only names to each step, so that no resource has a value as input", async () => {
    const resources = await kept();
    const base = { version: 1, kubernetes: { context: "lab" }, cluster: harbor.cluster, also: ["registry-pull"] };
    assert.deepEqual(
      steps["secrets fingerprint"].request.parse(JSON.parse(String(command(resources, "kept-ready")["stdin"]))),
      {
        ...base,
        wait: duration("15m"),
      },
    );
    assert.deepEqual(steps["secrets keep"].request.parse(JSON.parse(String(command(resources, "kept")["stdin"]))), {
      ...base,
      region: "eu-west-2",
    });
    assert.equal(ofType(resources, "kubernetes:core/v1:Secret").length, 0);
    assert.equal(ofType(resources, "aws:secretsmanager/secretVersion:SecretVersion").length, 0);
  });

  it("are kept again when the fingerprint changes, which is secret in the state", async () => {
    const triggers = JSON.stringify(command(await kept(), "kept")["triggers"]);
    assert(triggers.includes("f".repeat(64)));
    assert(triggers.includes(secretMark));
  });

  it("are kept only after all AWS secrets exist, and are waited for again after another restore", async () => {
    const resources = await kept({ restoreId: "after-the-fire" });
    for (const { name } of places(resources)) assert(optionsOf.get("kept")?.dependencies.includes(name), name);
    assert.deepEqual(command(resources, "kept-ready")["triggers"], ["harbor-cluster/harbor-cluster", "after-the-fire"]);
  });

  it("use constant command texts that delete nothing and run nothing when an input is edited", async () => {
    const resources = [
      ...(await kept()),
      ...(await registered(
        () => {
          new RestoredSecrets("restored", {
            ...harbor,
            restoreId: "after-the-fire",
            uid: "99e8",
            timeLimit: duration("15m"),
          });
        },
        () => stdout,
      )),
    ];
    const commands = ofType(resources, "command:local:Command");
    assert.deepEqual(
      new Set(commands.map(({ inputs }) => inputs["create"])),
      new Set(
        ["fingerprint", "keep", "restore"].map(
          (step) => `exec bin/postgres-recovery secrets ${step} --request - --output json`,
        ),
      ),
    );
    for (const { inputs } of commands) {
      assert.equal(inputs["update"], 'printf %s "$PULUMI_COMMAND_STDOUT"');
      assert.equal(inputs["delete"], undefined);
    }
    const restored = command(resources, "restored");
    assert.deepEqual(restored["triggers"], ["harbor-cluster/harbor-cluster", "after-the-fire"]);
    assert.equal(steps["secrets restore"].request.parse(JSON.parse(String(restored["stdin"]))).uid, "99e8");
  });
});

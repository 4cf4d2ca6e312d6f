import assert from "node:assert/strict";
import { join } from "node:path";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { execa } from "execa";
import { vitalSecretNames } from "../../domain/harbor/names.ts";
import type { Permission } from "../../domain/kubernetes/permissions.ts";
import { copyName } from "../../domain/secrets/copy-place.ts";
import { secretsPermissions } from "../../domain/secrets/permissions.ts";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";
import { faultTest } from "../support/fault-test.ts";
import { HarborObjects } from "../support/harbor-objects.ts";
import { startTestKubernetes, type TestKubernetes } from "../support/kubernetes.ts";
import { oneLess, refusalOf, RestrictedUsers } from "../support/restricted-user.ts";
import type { Ended } from "../support/sandbox.ts";

const harbor = { namespace: "harbor-cluster", name: "harbor-cluster" };
const [, standby = ""] = vitalSecretNames(harbor);

describe("the steps about secrets, with a real token and exactly the role of docs/permissions.md", function () {
  this.timeout("2m");
  let kubernetes: TestKubernetes;
  let aws: TestAws;
  let objects: HarborObjects;
  let users: RestrictedUsers;

  before("an API server, AWS, and a Harbor whose Secrets are kept", async function () {
    this.timeout("20m");
    kubernetes = await startTestKubernetes();
    aws = await startTestAws();
    objects = new HarborObjects(kubernetes, harbor);
    users = await RestrictedUsers.in(kubernetes.context, kubernetes.kubeconfig);
    await objects.create();
    const manager = new SecretsManagerClient(clientSettings(aws.environment, "other"));
    const owner = { kubernetes: await kubernetes.uid(), harbor };
    for (const name of vitalSecretNames(harbor))
      await manager.send(new CreateSecretCommand({ Name: copyName(owner, name) }));
    const { exitCode, stderr } = await run("keep", kubernetes.kubeconfig);
    assert.equal(exitCode, 0, stderr);
  });
  after(async () => {
    await users.remove();
    await Promise.all([kubernetes.stop(), aws.stop()]);
  });

  async function run(step: string, kubeconfig: string): Promise<Ended> {
    const program = join(import.meta.dirname, "../../bin/postgres-recovery");
    const endpoint = step === "fingerprint" ? [] : ["--endpoint-url", aws.environment["AWS_ENDPOINT_URL"] ?? ""];
    const { exitCode, stdout, stderr } = await execa(
      program,
      ["secrets", step, "harbor-cluster/harbor-cluster", "--context", kubernetes.context, "-o", "json", ...endpoint],
      { reject: false, env: { ...aws.environment, KUBECONFIG: kubeconfig } },
    );
    return { exitCode, stdout, stderr };
  }

  async function standbyExists(): Promise<boolean> {
    const { items } = await kubernetes.core.listNamespacedSecret({ namespace: harbor.namespace });
    return items.some(({ metadata }) => metadata?.name === standby);
  }

  for (const step of ["fingerprint", "keep", "restore"] as const) {
    const held: readonly Permission[] = secretsPermissions[`secrets ${step}`];

    // First, because restore creates the Secret only once.
    faultTest(15, `secrets ${step} without any one of its permissions is refused, and names it`, async () => {
      if (step === "restore") await objects.clear();
      const refused = oneLess(held).map(async ({ less, missing }) => {
        const user = `secrets ${step} less ${missing}`.replaceAll(/[^a-z]/g, "-");
        const { exitCode, stdout, stderr } = await run(step, await users.kubeconfig(user, less));
        assert.equal(exitCode, 3, `${missing}: ${stdout}${stderr}`);
        assert.match(stderr, refusalOf(missing));
      });
      await Promise.all(refused);
      assert.equal(await standbyExists(), step !== "restore");
    });

    it(`secrets ${step} works`, async () => {
      const { exitCode, stdout, stderr } = await run(step, await users.kubeconfig(`secrets-${step}`, held));
      assert.equal(exitCode, 0, stderr);
      assert.notEqual(stdout, "");
      assert(await standbyExists());
    });
  }
});

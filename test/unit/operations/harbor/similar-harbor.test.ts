import assert from "node:assert/strict";
import { RecoveryError } from "../../../../domain/errors.ts";
import { steps } from "../../../../domain/steps/steps.ts";
import { applyPgHba } from "../../../../operations/harbor/pg-hba.ts";
import { previewRoll } from "../../../../operations/harbor/roll-preview.ts";
import { rollPods } from "../../../../operations/harbor/roll.ts";
import { harborStatus } from "../../../../operations/harbor/status.ts";
import { keepSecrets } from "../../../../operations/secrets/keep.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { FakeHarbor, harbor } from "../../../support/fake-harbor.ts";
import { FakeSecretsManager } from "../../../support/fake-secrets-manager.ts";
import { faultTest } from "../../../support/fault-test.ts";

const mistyped = { namespace: "harbor-cluster", name: "habor-cluster" };
const request = { version: 1, kubernetes: { context: "test" }, cluster: "harbor-cluster/habor-cluster" };
const surroundings = new FakeSurroundings();

/** What a command says next about a HarborCluster that does not exist. */
const commands: readonly [command: string, next: (client: FakeHarbor) => Promise<string | undefined>][] = [
  [
    "harbor status",
    async (client) => {
      const asked = steps["harbor status"].request.parse({ ...request, backups: false });
      const clients = { harbor: client, connectS3: () => Promise.reject(new Error("not needed")) };
      const { sections } = await harborStatus(clients, asked, surroundings);
      return sections[0]?.findings[0]?.fix;
    },
  ],
  [
    "harbor pg-hba",
    (client) =>
      nextOf(applyPgHba(client, steps["harbor pg-hba"].request.parse({ ...request, timeLimit: "1s" }), surroundings)),
  ],
  [
    "harbor roll --dry-run",
    (client) => nextOf(previewRoll(client, { cluster: mistyped, podSecret: "pod-secret" }, surroundings.signal)),
  ],
  ["harbor roll", (client) => nextOf(rollPods(client, steps["harbor roll"].request.parse(request), surroundings))],
  [
    "secrets keep",
    async (client) => {
      const aws = await FakeSecretsManager.start();
      try {
        return await nextOf(keepSecrets(client, aws.client(), mistyped, ["core-key"], surroundings));
      } finally {
        aws.stop();
      }
    },
  ],
];

async function nextOf(run: Promise<unknown>): Promise<string | undefined> {
  const error = await run.catch((reason: unknown) => reason);
  assert(error instanceof RecoveryError);
  return error.next;
}

function without(harborClusters: FakeHarbor["harborClusters"]): FakeHarbor {
  const client = new FakeHarbor();
  client.harborCluster = undefined;
  client.harborClusters = harborClusters;
  return client;
}

for (const [command, next] of commands)
  describe(`${command} of a HarborCluster that does not exist`, () => {
    faultTest(82, "asks whether an existing one of a similar name was meant", async () => {
      const other = { namespace: "registry", name: "mirror" };
      assert.match((await next(without([other, harbor]))) ?? "", /^did you mean harbor-cluster\/harbor-cluster\? Or /);
    });

    it("suggests nothing when none is similar, when the name is right, or when they may not be listed", async () => {
      for (const known of [[{ namespace: "registry", name: "mirror" }], [mistyped], undefined])
        assert.doesNotMatch((await next(without(known))) ?? "", /did you mean/);
    });
  });

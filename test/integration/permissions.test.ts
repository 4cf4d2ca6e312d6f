import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import { checkPermissions } from "../../domain/check/permissions.ts";
import { checkReportSchema } from "../../domain/check/report.ts";
import { fleetPermissions } from "../../domain/fleet/permissions.ts";
import { permissions, type Permission } from "../../domain/kubernetes/permissions.ts";
import { stanzaCreateReportSchema } from "../../domain/stanza/create.ts";
import { client } from "../../sandbox/kubernetes/client.ts";
import { findCluster } from "../../sandbox/pgo/inventory.ts";
import { loseStanza } from "../support/repository.ts";
import { RestrictedUsers } from "../support/restricted-user.ts";
import { cli, holdsStanza, repositoryCodes, sandboxEnvironment, type Ended } from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";

describe("least privilege, with a real token and exactly the role of docs/permissions.md", function () {
  this.timeout("2m");
  let users: RestrictedUsers;
  let directory: string;
  let kubeSystemUid: string;

  before("the sandbox", async function () {
    this.timeout("40m");
    const { KUBECONFIG = "" } = await sandboxEnvironment();
    users = await RestrictedUsers.of("lab");
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-dump-"));
    const { metadata } = await client(KUBECONFIG, "lab")
      .makeApiClient(CoreV1Api)
      .readNamespace({ name: "kube-system" });
    kubeSystemUid = metadata?.uid ?? "";
  });
  after(async () => {
    await users.remove();
    await rm(directory, { recursive: true });
  });

  const uid = (): string[] => ["--kube-system-uid", kubeSystemUid];
  const runs = {
    "stanza list": (kubeconfig: string) => cli("stanza", "list", "-n", "brr", ...uid(), "--kubeconfig", kubeconfig),
    "config targets": (kubeconfig: string) =>
      cli("config", "targets", "-n", "brr", ...uid(), "--kubeconfig", kubeconfig),
    "stanza create": (kubeconfig: string) =>
      cli("stanza", "create", "brr/postgresql", ...uid(), "--kubeconfig", kubeconfig),
    dump: (kubeconfig: string) =>
      cli("dump", "brr/postgresql", "--directory", directory, ...uid(), "--kubeconfig", kubeconfig),
  } satisfies Record<keyof typeof permissions, (kubeconfig: string) => Promise<Ended>>;

  for (const command of ["stanza list", "config targets", "stanza create", "dump"] as const) {
    const name = command.replace(" ", "-");
    const held: readonly Permission[] = permissions[command];

    it(`${command} works`, async () => {
      const { exitCode, stderr } = await runs[command](await users.kubeconfig(name, held));
      assert.equal(exitCode, 0, stderr);
    });

    for (const [index, permission] of held.entries()) {
      for (const verb of permission.verbs) {
        faultTest(15, `${command} without ${verb} on ${permission.resource} fails and names it`, async () => {
          const verbs = permission.verbs.filter((other) => other !== verb);
          const less = held.toSpliced(index, 1, { ...permission, verbs }).filter((rule) => rule.verbs.length > 0);
          const user = `${name}-less-${verb}-${permission.resource.replace("/", "-")}`;
          const files = await readdir(directory);
          const { exitCode, stdout, stderr } = await runs[command](await users.kubeconfig(user, less));
          assert.equal(exitCode, 3);
          assert.match(
            `${stdout}\n${stderr}`,
            new RegExp(`not allowed to (.* and )?${verb} (.* )?${permission.resource}: .* forbidden`),
          );
          assert.doesNotMatch(stdout, /Okay/);
          assert.deepEqual(await readdir(directory), files);
        });
      }
    }
  }

  const checkCluster = async (name: string, held: readonly Permission[]): Promise<Ended> =>
    cli("check", "-o", "json", ...uid(), "--kubeconfig", await users.kubeconfig(name, held));

  it("check works, and judges every PostgresCluster and the ConfigMaps beside it", async () => {
    const { exitCode, stderr, stdout } = await checkCluster("check", checkPermissions.check);
    assert([0, 1].includes(exitCode ?? 3), stderr);
    const { resources } = checkReportSchema.parse(JSON.parse(stdout));
    assert(resources.includes("PostgresCluster brr/postgresql"), resources.join());
  });

  faultTest([15, 148], "check without any one of its permissions fails and names it", async () => {
    await Promise.all(
      checkPermissions.check.map(async ({ resource }, index) => {
        const less = checkPermissions.check.toSpliced(index, 1);
        const { exitCode, stderr } = await checkCluster(`check-less-${resource}`, less);
        assert.equal(exitCode, 3, stderr);
        assert.match(stderr, new RegExp(`not allowed to (list|get) ${resource}: .* forbidden`));
      }),
    );
  });

  faultTest([15, 131], "backup fleet without any one of its permissions says what it does not know", async () => {
    const held: readonly Permission[] = fleetPermissions["backup fleet"];
    const ofFleet = async (name: string, less: readonly Permission[]): Promise<Ended> =>
      cli("backup", "fleet", "--no-stacks", "-n", "brr", ...uid(), "--kubeconfig", await users.kubeconfig(name, less));
    const whole = await ofFleet("fleet", held);
    assert.equal(whole.exitCode, 0, whole.stdout + whole.stderr);
    await Promise.all(
      held.map(async ({ resource }, index) => {
        const user = `fleet-less-${resource.replace("/", "-")}`;
        const { exitCode, stderr, stdout } = await ofFleet(user, held.toSpliced(index, 1));
        assert.equal(exitCode, 3, stdout + stderr);
        assert.match(
          `${stdout}\n${stderr}`,
          new RegExp(`not allowed to (.* and )?\\w+ (.* )?${resource}: .* forbidden`),
        );
      }),
    );
  });

  it("stanza create of a missing stanza works, with its dump", async () => {
    const cluster = findCluster("dev", "inventor-portal/acrete-db");
    const {
      namespace,
      pods: [pod = ""],
    } = cluster;
    const usersOfDev = await RestrictedUsers.of("dev");
    try {
      const kubeconfig = await usersOfDev.kubeconfig("stanza-create", permissions["stanza create"]);
      assert.deepEqual(await repositoryCodes("dev", namespace, pod), [1]);
      const { exitCode, stdout, stderr } = await cli(
        "stanza",
        "create",
        "inventor-portal/acrete-db",
        "--dump-directory",
        directory,
        "--kubeconfig",
        kubeconfig,
        "-o",
        "json",
      );
      assert.equal(exitCode, 0, stderr);
      const { outcome, operator, dump } = stanzaCreateReportSchema.parse(JSON.parse(stdout));
      assert.deepEqual({ outcome, operator }, { outcome: "created", operator: "confirmed" });
      assert(dump && "file" in dump);
      assert(await holdsStanza("dev", namespace, pod));
    } finally {
      await usersOfDev.remove();
      await loseStanza(cluster);
    }
  });

  it("stanza list works without -n", async () => {
    const kubeconfig = await users.kubeconfig("everywhere", permissions["stanza list"]);
    const { stdout } = await cli("stanza", "list", "--kubeconfig", kubeconfig, "-o", "log", "--timeout", "8s");
    const statuses = stdout.split("\n").map((line) => line.replace(/^.*: /, ""));
    // One repo host of lab never answers.
    assert.deepEqual(statuses.sort(), ["Okay", "Okay", "Okay", "Okay", "Okay", "Okay", "Timeout occurred"]);
  });

  it("with rights in one namespace only, -n works and listing all namespaces suggests -n", async () => {
    const namespaced = permissions["stanza list"].filter(({ resource }) => resource !== "namespaces");
    const kubeconfig = await users.kubeconfig("only-brr", namespaced, "brr");
    assert.equal((await cli("stanza", "list", "-n", "brr", "--kubeconfig", kubeconfig)).exitCode, 0);
    assert.equal(
      (
        await cli(
          "stanza",
          "create",
          "brr/postgresql",
          "--kubeconfig",
          await users.kubeconfig("only-brr-create", permissions["stanza create"].slice(0, 3), "brr"),
        )
      ).exitCode,
      0,
    );
    const everywhere = await cli("stanza", "list", "--kubeconfig", kubeconfig);
    assert.equal(everywhere.exitCode, 3);
    assert.match(everywhere.stderr, /at the cluster scope\nnext: .*list with -n NAMESPACE$/);
    assert.equal((await cli("stanza", "list", "-n", "id", "--kubeconfig", kubeconfig)).exitCode, 3);
  });
});

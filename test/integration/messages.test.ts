import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import getPort from "get-port";
import { client } from "../../sandbox/kubernetes/client.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { ApiProxy, type Interfere } from "../support/api-proxy.ts";
import { RestrictedUsers } from "../support/restricted-user.ts";
import { permissions, type Permission } from "../../domain/kubernetes/permissions.ts";
import { cli, sandboxEnvironment, type Ended } from "../support/sandbox.ts";

const program = new URL("../../bin/postgres-recovery", import.meta.url).pathname;

/** A kubeconfig with one context `dev`. */
function kubeconfig(parts: { server?: string; user?: object; cluster?: object; currentContext?: string }): string {
  const {
    server = "https://127.0.0.1:1",
    user = { token: "CANARY-token" },
    cluster = {},
    currentContext = "dev",
  } = parts;
  return JSON.stringify({
    "current-context": currentContext,
    clusters: [{ name: "c", cluster: { server, ...cluster } }],
    contexts: [{ name: "dev", context: { cluster: "c", user: "ada" } }],
    users: [{ name: "ada", user }],
  });
}

describe("messages for mistakes in the kubeconfig", function () {
  this.timeout("1m");
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-messages-"));
  });
  after(() => rm(directory, { recursive: true }));

  /** Stderr of a list with this environment. The folder's name is replaced by FOLDER. */
  async function list(
    environment: Record<string, string>,
    ...parameters: string[]
  ): Promise<{ exitCode: number | undefined; text: string }> {
    const env = { PATH: process.env["PATH"] ?? "", HOME: directory, ...environment };
    const run = execa(program, ["stanza", "list", ...parameters], { env, extendEnv: false, reject: false });
    const { exitCode, stdout, stderr } = await run;
    assert.equal(stdout, "");
    return { exitCode, text: stderr.replaceAll(directory, "FOLDER") };
  }

  async function listWith(
    content: string,
    ...parameters: string[]
  ): Promise<{ exitCode: number | undefined; text: string }> {
    await writeFile(join(directory, "kubeconfig"), content);
    return list({}, "--kubeconfig", join(directory, "kubeconfig"), ...parameters);
  }

  it("no kubeconfig at all", async () => {
    assert.deepEqual(await list({}), {
      exitCode: 2,
      text: `error[kubeconfig-missing]: there is no kubeconfig: the variable KUBECONFIG is not set, and ~/.kube/config does not exist
next: name one with --kubeconfig, or set KUBECONFIG`,
    });
  });

  it("a kubeconfig that does not exist, by option and by variable", async () => {
    const text = `error[kubeconfig-unusable]: the kubeconfig FOLDER/nope cannot be used: FOLDER/nope does not exist
next: check --kubeconfig and the variable KUBECONFIG`;
    const path = join(directory, "nope");
    assert.deepEqual(await list({}, "--kubeconfig", path), { exitCode: 2, text });
    assert.deepEqual(await list({ KUBECONFIG: path }), { exitCode: 2, text });
  });

  it("a kubeconfig that is not YAML, without its content", async () => {
    assert.deepEqual(
      await listWith("users:\n- name: ada\n  user:\n    token: CANARY-token\n   wrong: [indentation\n"),
      {
        exitCode: 2,
        text: `error[kubeconfig-unusable]: the kubeconfig FOLDER/kubeconfig cannot be used: it is not valid YAML near line 5
next: check --kubeconfig and the variable KUBECONFIG`,
      },
    );
  });

  it("a YAML file that is not a kubeconfig", async () => {
    assert.deepEqual(await listWith("CANARY-token"), {
      exitCode: 2,
      text: `error[context-unknown]: the kubeconfig FOLDER/kubeconfig names no current context; it has: none
next: choose one with --context, or name another file with --kubeconfig`,
    });
    assert.deepEqual(await listWith(""), {
      exitCode: 2,
      text: `error[kubeconfig-unusable]: the kubeconfig FOLDER/kubeconfig cannot be used: it is not valid YAML
next: check --kubeconfig and the variable KUBECONFIG`,
    });
  });

  it("an unknown context", async () => {
    assert.deepEqual(await listWith(kubeconfig({}), "--context", "prod"), {
      exitCode: 2,
      text: `error[context-unknown]: the kubeconfig FOLDER/kubeconfig has no context prod; it has: dev
next: choose one with --context, or name another file with --kubeconfig`,
    });
  });

  it("no current context", async () => {
    assert.deepEqual(await listWith(kubeconfig({ currentContext: "" })), {
      exitCode: 2,
      text: `error[context-unknown]: the kubeconfig FOLDER/kubeconfig names no current context; it has: dev
next: choose one with --context, or name another file with --kubeconfig`,
    });
  });

  it("a certificate file that does not exist", async () => {
    assert.deepEqual(await listWith(kubeconfig({ cluster: { "certificate-authority": "ca.crt" } })), {
      exitCode: 2,
      text: `error[kubeconfig-file-unusable]: context dev: the kubeconfig names a file that cannot be used: FOLDER/ca.crt does not exist
next: check --kubeconfig and the variable KUBECONFIG`,
    });
  });

  it("a login helper that is not installed", async () => {
    const user = { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "company-login" } };
    assert.deepEqual(await listWith(kubeconfig({ user })), {
      exitCode: 2,
      text: `error[login-helper-missing]: context dev: the kubeconfig's login helper company-login cannot be started (ENOENT)
next: install it or put it on PATH, or choose another context`,
    });
  });

  it("a login helper that fails, with its own message", async () => {
    const user = {
      exec: { command: "sh", args: ["-c", "echo CANARY-token; echo 'session expired, run company-login' >&2; exit 1"] },
    };
    assert.deepEqual(await listWith(kubeconfig({ user })), {
      exitCode: 3,
      text: `error[login-helper-failed]: context dev: the kubeconfig's login helper sh failed: session expired, run company-login
next: log in to the cluster again`,
    });
  });

  it("a login helper that prints something other than credentials, without that output", async () => {
    for (const answer of ["CANARY-token", '{"token": "CANARY-token"}']) {
      const user = { exec: { command: "echo", args: [answer] } };
      assert.deepEqual(await listWith(kubeconfig({ user })), {
        exitCode: 3,
        text: `error[login-helper-failed]: context dev: the kubeconfig's login helper echo failed: it printed no credentials
next: log in to the cluster again`,
      });
    }
  });

  it("a login helper that hangs: ^C ends the command at once without waiting for it", async () => {
    const started = join(directory, "started");
    const user = { exec: { command: "sh", args: ["-c", `echo $$ > ${started}; exec sleep 60`] } };
    await writeFile(join(directory, "kubeconfig"), kubeconfig({ user }));
    const env = { PATH: process.env["PATH"] ?? "", HOME: directory };
    const running = execa(program, ["stanza", "list", "--kubeconfig", join(directory, "kubeconfig")], {
      env,
      extendEnv: false,
      reject: false,
    });
    await waitUntil("the login helper", 30, async () => /\d\n/.test(await readFile(started, "utf8")));
    try {
      running.kill("SIGINT");
      const ended = await Promise.race([running, sleep(20_000, undefined, { ref: false })]);
      assert(ended, "it waits for the helper");
      assert.equal(ended.exitCode, 130);
      assert.match(
        ended.stderr,
        /^error\[interrupted\]: interrupted; a remote command that was running ends within its time limit\nnext: run it again; it continues from what exists: postgres-recovery stanza list --kubeconfig /,
      );
    } finally {
      process.kill(Number(await readFile(started, "utf8")));
    }
  });

  it("a server that cannot be reached", async () => {
    const server = `https://127.0.0.1:${await getPort({ host: "127.0.0.1" })}`;
    const { exitCode, text } = await listWith(kubeconfig({ server }));
    assert.equal(exitCode, 3);
    assert.equal(
      // Both LISTs run at the same time, and either may fail first.
      text
        .replaceAll(server, "SERVER")
        .replaceAll(server.slice("https://".length), "ADDRESS")
        .replaceAll(/list (pods|postgresclusters)/g, "LIST"),
      `context dev: the API server SERVER does not answer (LIST): connect ECONNREFUSED ADDRESS; trying again
error[kubernetes-unreachable]: context dev: the API server SERVER does not answer (LIST): connect ECONNREFUSED ADDRESS
next: check the network, VPN and proxy from here to it: kubectl --context dev --kubeconfig FOLDER/kubeconfig version`,
    );
  });
});

interface Told {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly text: string;
}

describe("messages for mistakes on a cluster that answers", function () {
  this.timeout("2m");
  let users: RestrictedUsers;
  let server: string;
  before("the sandbox", async function () {
    this.timeout("40m");
    const { KUBECONFIG = "" } = await sandboxEnvironment();
    users = await RestrictedUsers.of("dev");
    server = client(KUBECONFIG, "dev").getCurrentCluster()?.server ?? "";
  });
  after(() => users.remove());

  const told = ({ exitCode, stdout, stderr }: Ended, address = server): Told => ({
    exitCode,
    stdout,
    // Two LISTs run at the same time.
    text: stderr.replaceAll(address, "SERVER").replaceAll(/list (pods|postgresclusters)\)/g, "LIST)"),
  });

  /** Runs `work` with a proxy in front of dev's API server. */
  async function behindProxy(interfere: Interfere, work: (kubeconfig: string) => Promise<Ended>): Promise<Told> {
    const proxy = await ApiProxy.start("dev", "CANARY-token");
    proxy.interfere = interfere;
    try {
      return told(await work(proxy.kubeconfig), proxy.address);
    } finally {
      await proxy.stop();
    }
  }

  it("an expired login", async () => {
    const list = await behindProxy(
      () => undefined,
      (kubeconfig) => cli("stanza", "list", "--kubeconfig", kubeconfig),
    );
    assert.deepEqual(list, {
      exitCode: 3,
      stdout: "",
      text: `error[kubernetes-unauthorized]: context dev: the API server SERVER does not accept the credentials of the kubeconfig's user person: the login has expired, or belongs to another cluster (LIST)
next: log in to the cluster again, then run again`,
    });
  });

  it("PGO is not installed", async () => {
    const list = await behindProxy(
      // An API server's answer for an unknown resource. Without that resource, nothing else is requested.
      () => ({ status: 404, body: "404 page not found\n" }),
      (kubeconfig) => cli("stanza", "create", "calendar/calendar-db", "--kubeconfig", kubeconfig),
    );
    assert.deepEqual(list, {
      exitCode: 2,
      stdout: "",
      text: `error[kubernetes-resource-unknown]: context dev: SERVER knows no postgresclusters.postgres-operator.crunchydata.com of v1beta1 (get postgresclusters): Crunchy PGO is not installed in this Kubernetes cluster
next: check that --context names the right cluster`,
    });
  });

  it("not allowed to list", async () => {
    const kubeconfig = await users.kubeconfig("eve", permissions["stanza list"].slice(1, 3));
    assert.deepEqual(told(await cli("stanza", "list", "--kubeconfig", kubeconfig)), {
      exitCode: 3,
      stdout: "",
      text: `error[kubernetes-forbidden]: context dev: not allowed to list postgresclusters: postgresclusters.postgres-operator.crunchydata.com is forbidden: User "system:serviceaccount:default:eve" cannot list resource "postgresclusters" in API group "postgres-operator.crunchydata.com" at the cluster scope
next: ask for the role of this command in docs/permissions.md; with rights in one namespace only, list with -n NAMESPACE`,
    });
  });

  it("a namespace without any PostgresCluster", async () => {
    assert.deepEqual(told(await cli("stanza", "list", "-n", "calender", "--context", "dev")), {
      exitCode: 2,
      stdout: "",
      text: `error[namespace-without-clusters]: there is no PostgresCluster in namespace calender of context dev
next: did you mean calendar? Or list without -n to see all namespaces`,
    });
  });

  describe("not allowed to run remote commands", () => {
    const refused = `not allowed to get and create pods/exec: pods "tsl-db-tsl-db-1-w7q9-0" is forbidden: User "system:serviceaccount:default:reader" cannot get resource "pods/exec" in API group "" in the namespace "tsl"`;
    let kubeconfig: string;
    before(async () => {
      const held: readonly Permission[] = [...permissions["stanza list"], ...permissions["stanza create"]];
      kubeconfig = await users.kubeconfig(
        "reader",
        held.filter(({ resource }) => resource !== "pods/exec"),
      );
    });

    it("stanza list", async () => {
      assert.deepEqual(told(await cli("stanza", "list", "-n", "tsl", "--kubeconfig", kubeconfig)), {
        exitCode: 3,
        stdout: `NAMESPACE   CLUSTER   POD                      STATUS        PGO       DETAIL
tsl         tsl-db    tsl-db-tsl-db-1-w7q9-0   Unreachable   created   ${refused}

1 cluster in context dev: 0 okay, 0 to repair or to look at, 1 not determined
next: log in again, or ask for the role in docs/permissions.md`,
        text: "",
      });
    });

    it("stanza create", async () => {
      assert.deepEqual(told(await cli("stanza", "create", "tsl/tsl-db", "--kubeconfig", kubeconfig)), {
        exitCode: 3,
        stdout: "",
        text: `Unreachable: ${refused}
error[exec-forbidden]: tsl/tsl-db: Unreachable: ${refused}
next: log in again, or ask for the role in docs/permissions.md`,
      });
    });
  });

  for (const command of [["stanza", "create"], ["dump"]]) {
    it(`${command.join(" ")} of a cluster that does not exist`, async () => {
      assert.deepEqual(told(await cli(...command, "calendar/nope", "--context", "dev")), {
        exitCode: 2,
        stdout: "",
        text: `error[postgres-cluster-not-found]: there is no PostgresCluster calendar/nope in context dev
next: list all clusters: postgres-recovery stanza list --context dev`,
      });
    });

    for (const name of ["calendar", "a/b/c", "Calendar/db", "/", "calendar/*"]) {
      it(`${command.join(" ")} ${name}, which is not NAMESPACE/CLUSTER`, async () => {
        assert.deepEqual(told(await cli(...command, name, "--context", "dev")), {
          exitCode: 2,
          stdout: "",
          text: `error[cluster-name-invalid]: "${name}" is not NAMESPACE/CLUSTER
next: name a cluster as \`postgres-recovery stanza list\` shows it, such as calendar/calendar-db`,
        });
      });
    }
  }
});

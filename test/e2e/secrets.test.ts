import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { KubeConfig } from "@kubernetes/client-node";
import { breakRepository, heal } from "../../sandbox/cluster.ts";
import { contexts, findCluster } from "../../sandbox/pgo/inventory.ts";
import { Project } from "../support/project.ts";
import { loseStanza } from "../support/repository.ts";
import { askDirectly, cli, sandboxEnvironment, testDirectory } from "../support/sandbox.ts";

const target = {
  context: "lab",
  namespace: "consent",
  name: "spicedb-psql",
  pod: "spicedb-psql-instance-hln5-0",
} as const;
const cluster = `${target.namespace}/${target.name}`;

/** The command lines of all processes of this machine that were seen while `work` ran. */
async function commandLinesDuring(work: () => Promise<void>): Promise<string> {
  const seen = new Set<string>();
  const look = setInterval(() => {
    for (const id of readdirSync("/proc")) {
      if (!/^\d+$/.test(id)) continue;
      try {
        seen.add(readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " "));
      } catch {
        // It has just ended.
      }
    }
  }, 20);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return [...seen].join("\n");
}

describe("secrets are printed and stored nowhere", function () {
  this.timeout("5m");
  /** Texts that must not contain a secret, by a name for the test's report. */
  const places = new Map<string, string>();
  /** The secrets that must not be found, by name. */
  const canaries = new Map<string, string>();
  let project: Project;
  let dumps: string;
  let home: string;

  before("the sandbox", async function () {
    this.timeout("40m");
    const { KUBECONFIG = "", PULUMI_HOME = "" } = await sandboxEnvironment();
    home = PULUMI_HOME;
    project = await Project.copy();
    dumps = await mkdtemp(join(tmpdir(), "postgres-recovery-dumps-"));
    await heal(testDirectory, target.context, cluster);
    await loseStanza(findCluster(target.context, cluster));

    const config = new KubeConfig();
    config.loadFromFile(KUBECONFIG);
    for (const context of contexts) {
      config.setCurrentContext(context);
      canaries.set(`token of ${context}`, config.getCurrentUser()?.token ?? "");
    }
    const sql = (query: string): Promise<string> =>
      askDirectly(target.context, target.namespace, target.pod, "psql", "-XAtqc", query);
    await sql("drop role if exists canary");
    await sql("create role canary login password 'CANARY-role-password'");
    canaries.set("password of a role", "CANARY-role-password");
    const verifiers = (await sql("select rolpassword from pg_authid where rolpassword is not null")).split("\n");
    verifiers.forEach((verifier, index) => canaries.set(`verifier ${index} of pg_authid`, verifier));
    canaries.set("secret of the stack", "CANARY-stack-secret");
    assert(canaries.size > 4 && [...canaries.values()].every((text) => text.length > 12));
  });
  after(async () => {
    await project.remove();
    await rm(dumps, { recursive: true });
  });

  /** Runs a command and keeps what it printed. */
  async function record(
    name: string,
    expectedExitCode: number | undefined,
    run: () => ReturnType<typeof cli>,
  ): Promise<void> {
    const { exitCode, stdout, stderr } = await run();
    places.set(`output of ${name}`, `${stdout}\n${stderr}`);
    if (expectedExitCode === undefined) assert.notEqual(exitCode, 0, name);
    else assert.equal(exitCode, expectedExitCode, `${name}: ${stdout}${stderr}`);
  }

  it("runs the commands and pulumi with --debug, and lets them fail in several ways", async () => {
    const common = ["--context", target.context, "--debug"];
    const rejected = join(dumps, "rejected.kubeconfig");
    const lines = await commandLinesDuring(async () => {
      await record("pulumi config set", 0, () =>
        project.pulumi("config", "set", "--stack", "lab", "--secret", "other:password", "--", "CANARY-stack-secret"),
      );
    });
    // The only command line in which the user typed the secret; Pulumi would also read it from stdin.
    assert.match(lines, /CANARY-stack-secret/);

    places.set(
      "command lines",
      await commandLinesDuring(async () => {
        await record("list", 0, () => cli("stanza", "list", "-n", "brr", ...common));
        await record("list that finds a missing stanza", 1, () =>
          cli("stanza", "list", "-n", target.namespace, ...common),
        );
        await record("dump", 0, () => cli("dump", cluster, "--directory", dumps, ...common));
        await record("dump of no cluster", 2, () => cli("dump", "consent/nope", "--directory", dumps, ...common));
        await record("dump that has no place", undefined, () =>
          cli("dump", cluster, "--directory", "/dev/null", ...common),
        );
        await breakRepository(testDirectory, target.context, cluster);
        await record("create at a silent repo host", 3, () =>
          cli("stanza", "create", cluster, "--dump-directory", dumps, "--timeout", "8s", ...common),
        );
        await record("up at a silent repo host", undefined, () => project.up("lab", "--debug"));
        await heal(testDirectory, target.context, cluster);
        await record("preview", 0, () => project.pulumi("preview", "--stack", "lab", "--debug", "--diff"));
        await record("up", 0, () => project.up("lab", "--debug"));
        await record("create where it stands", 0, () => cli("stanza", "create", cluster, ...common));
        await record("outputs", 0, () => project.pulumi("stack", "output", "--json", "--stack", "lab"));
        await record("exported state", 0, () => project.pulumi("stack", "export", "--stack", "lab"));
        await writeFile(
          rejected,
          (await readFile((await sandboxEnvironment())["KUBECONFIG"] ?? "", "utf8")).replace(
            canaries.get("token of lab") ?? "",
            "CANARY-rejected",
          ),
        );
        canaries.set("rejected token", "CANARY-rejected");
        await record("list with a rejected token", 3, () => cli("stanza", "list", "--kubeconfig", rejected, ...common));
        await writeFile(rejected, "users: [token: CANARY-rejected\n- wrong");
        await record("list with a broken kubeconfig", 2, () =>
          cli("stanza", "list", "--kubeconfig", rejected, ...common),
        );
      }),
    );
    await rm(rejected);

    await record("pulumi config set of a wrong key", 0, () =>
      project.pulumi(
        "config",
        "set",
        "--stack",
        "lab",
        "--secret",
        "postgres-recovery:password",
        "--",
        "CANARY-stack-secret",
      ),
    );
    await record("up with a secret in an unknown key", undefined, () => project.up("lab", "--debug"));
    await record("config rm", 0, () => project.pulumi("config", "rm", "--stack", "lab", "postgres-recovery:password"));
    await record("destroy", 0, () => project.pulumi("destroy", "--stack", "lab", "--yes", "--skip-preview", "--debug"));
  });

  it("collects the dumps with their names, and all files under Pulumi's home", async () => {
    for (const folder of [dumps, join(project.directory, "dumps")]) {
      const names = await readdir(folder);
      assert(names.length > 0, folder);
      for (const name of names) {
        places.set(`name of the dump ${name}`, name);
        const sql = zstdDecompressSync(await readFile(join(folder, name))).toString();
        assert.match(sql, /CREATE ROLE canary/);
        places.set(`content of the dump ${name}`, sql);
      }
    }
    const entries = await readdir(home, { recursive: true, withFileTypes: true });
    // The engine's own binary and the launchers of the stand-ins are not logs.
    const files = entries.filter((entry) => entry.isFile() && !["bin", "plugins"].includes(basename(entry.parentPath)));
    for (const { parentPath, name } of files)
      places.set(join(parentPath, name), await readFile(join(parentPath, name), "utf8"));
    assert([...places.keys()].some((path) => path.startsWith(home) && path.includes("history")));
  });

  it("finds no secret in any of that", () => {
    const found = [...places].flatMap(([place, text]) =>
      [...canaries].filter(([, canary]) => text.includes(canary)).map(([name]) => `${name} in ${place}`),
    );
    assert.deepEqual(found, []);
  });
});

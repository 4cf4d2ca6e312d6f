import { Command, Option } from "commander";
import { breakRepository, heal, status } from "./cluster.ts";
import { applyHarborCluster } from "./harbor/harbor.ts";
import type { HarborClusterChoices } from "./harbor/objects.ts";
import { sandboxDirectory } from "./host/directory.ts";
import { contextOf } from "./pgo/inventory.ts";
import { down, sandboxEnvironment, up, upHarbor } from "./sandbox.ts";
import type { UpOptions } from "./sandbox.ts";

const directory = sandboxDirectory();
const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const program = new Command("sandbox")
  .description(
    "An environment to try postgres-recovery in: two Kubernetes API servers, real Postgres clusters, and Pulumi. It keeps everything in one folder and listens on loopback; docs/sandbox.md names the one exception in Harbor's part.",
  )
  .addHelpText(
    "after",
    `
Examples:
  npm run sandbox -- up
  eval "$(npm run -s sandbox -- env)" && postgres-recovery stanza list --context dev
  npm run sandbox -- heal consent/spicedb-psql
  npm run sandbox -- down

The folder is ${directory}. Set POSTGRES_RECOVERY_SANDBOX to use another one.`,
  );

program
  .command("up")
  .description(
    "start everything that does not run yet; the first time, build the tools (about 10 minutes with two cores)",
  )
  .option(
    "--harbor",
    "also start Harbor's part: both operators, AWS, and the Pulumi Kubernetes provider (about 15 minutes more the first time)",
  )
  .action(async (options: UpOptions) => {
    const started = performance.now();
    await up(directory, progress, options);
    progress(`the sandbox is up after ${((performance.now() - started) / 1000).toFixed(0)} s`);
    progress('next: eval "$(npm run -s sandbox -- env)" && postgres-recovery stanza list --context dev');
  });

program
  .command("status")
  .description("list the sandbox's programs and whether they run; exit code 1 unless all do")
  .action(async () => {
    const parts = await status(directory);
    if (parts.length === 0) {
      process.stdout.write("no sandbox is up\n");
      progress("start one with: npm run sandbox -- up");
    }
    const width = Math.max(...parts.map(({ name }) => name.length));
    for (const { name, running, what } of parts) {
      process.stdout.write(`${running ? "running" : "stopped"}  ${name.padEnd(width)}  ${what}\n`);
    }
    process.exitCode = parts.length > 0 && parts.every(({ running }) => running) ? 0 : 1;
  });

program
  .command("env")
  .description("print the variables that a shell needs to work in the sandbox")
  .action(async () => {
    for (const [name, value] of Object.entries(await sandboxEnvironment(directory))) {
      process.stdout.write(`export ${name}='${value.replaceAll("'", "'\\''")}'\n`);
    }
  });

program
  .command("heal")
  .description("make a cluster's silent repo host answer, as a corrected ServiceEntry would")
  .argument("<cluster>", "NAMESPACE/CLUSTER")
  .action(async (cluster: string) => {
    await heal(directory, contextOf(cluster), cluster);
    progress(`the repo host of ${cluster} answers now`);
  });

program
  .command("break")
  .description("make a cluster's repo host accept connections but stay silent, as a wrong ServiceEntry would")
  .argument("<cluster>", "NAMESPACE/CLUSTER")
  .action(async (cluster: string) => {
    await breakRepository(directory, contextOf(cluster), cluster);
    progress(`the repo host of ${cluster} is silent now; make it answer with: npm run sandbox -- heal ${cluster}`);
  });

program
  .command("harbor")
  .description("create or change a HarborCluster; starts Harbor's part if it does not run")
  .addOption(new Option("--replicas <count>", "number of instances of its database").argParser(Number).default(1))
  .addOption(
    new Option("--log-level <level>", "log level of Harbor; after a change, the Harbor operator reverts pg_hba")
      .choices(["debug", "info", "warning", "error", "fatal"])
      .default("info"),
  )
  .action(async (choices: HarborClusterChoices) => {
    await upHarbor(directory, progress);
    await applyHarborCluster(directory, choices);
    progress(
      "the HarborCluster is applied; its database starts once the ConfigMap harbor-operator-ns/pod-config and the Secret harbor-cluster/pod-secret exist",
    );
    progress("next: kubectl --context lab -n harbor-cluster get harborclusters,postgresqls,statefulsets,pods");
  });

program
  .command("down")
  .description("stop every program of the sandbox and remove its folder")
  .action(async () => {
    await down(directory, progress);
    progress(`the sandbox is down; nothing is left in ${directory}`);
  });

try {
  await program.parseAsync();
} catch (error) {
  progress(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

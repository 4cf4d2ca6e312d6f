import { Command, Option } from "commander";
import { breakRepository, heal, status } from "./cluster.ts";
import { sandboxDirectory } from "./host/directory.ts";
import { applyHarborCluster } from "./harbor/harbor.ts";
import type { HarborClusterChoices } from "./harbor/objects.ts";
import { contextOf } from "./pgo/inventory.ts";
import { down, sandboxEnvironment, up, upHarbor } from "./sandbox.ts";
import type { UpOptions } from "./sandbox.ts";

const directory = sandboxDirectory();
const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const program = new Command("sandbox")
  .description(
    "The embedded environment: two Kubernetes API servers, real databases, Pulumi. Loopback only, nothing outside one folder.",
  )
  .addHelpText(
    "after",
    `
Examples:
  npm run sandbox -- up
  eval "$(npm run -s sandbox -- env)" && postgres-recovery stanza list --context dev
  npm run sandbox -- heal consent/spicedb-psql
  npm run sandbox -- down

It lives in ${directory}; set POSTGRES_RECOVERY_SANDBOX for another folder.`,
  );

program
  .command("up")
  .description("start what does not run; builds the tools first, once (about 10 minutes with two cores)")
  .option(
    "--harbor",
    "also both operators of the Harbor runbook and the Pulumi Kubernetes provider (about 15 minutes more, once)",
  )
  .action(async (options: UpOptions) => {
    const started = performance.now();
    await up(directory, progress, options);
    progress(`the sandbox is up after ${((performance.now() - started) / 1000).toFixed(0)} s`);
  });

program
  .command("status")
  .description("the programs of the sandbox, and whether they run")
  .action(async () => {
    const parts = await status(directory);
    if (parts.length === 0) process.stdout.write("no sandbox is up\n");
    for (const { name, running, what } of parts) {
      process.stdout.write(`${running ? "running" : "stopped"}  ${name.padEnd(44)} ${what}\n`);
    }
    process.exitCode = parts.length > 0 && parts.every(({ running }) => running) ? 0 : 1;
  });

program
  .command("env")
  .description("print what a shell needs to work in the sandbox")
  .action(async () => {
    for (const [name, value] of Object.entries(await sandboxEnvironment(directory))) {
      process.stdout.write(`export ${name}='${value.replaceAll("'", "'\\''")}'\n`);
    }
  });

program
  .command("heal")
  .description("let the silent repo host of a cluster answer, as a corrected ServiceEntry would")
  .argument("<cluster>", "NAMESPACE/CLUSTER")
  .action(async (cluster: string) => {
    await heal(directory, contextOf(cluster), cluster);
    progress(`the repo host of ${cluster} answers`);
  });

program
  .command("break")
  .description("let the repo host of a cluster accept connections and stay silent, as behind a wrong ServiceEntry")
  .argument("<cluster>", "NAMESPACE/CLUSTER")
  .action(async (cluster: string) => {
    await breakRepository(directory, contextOf(cluster), cluster);
    progress(`the repo host of ${cluster} is silent`);
  });

program
  .command("harbor")
  .description("apply a HarborCluster, or change it; starts Harbor's part when it does not run")
  .addOption(new Option("--replicas <count>", "instances of its database").argParser(Number).default(1))
  .addOption(
    new Option("--log-level <level>", "any change makes the Harbor operator revert pg_hba")
      .choices(["debug", "info", "warning", "error", "fatal"])
      .default("info"),
  )
  .action(async (choices: HarborClusterChoices) => {
    await upHarbor(directory, progress);
    await applyHarborCluster(directory, choices);
    progress(
      "its database starts once the ConfigMap harbor-operator-ns/pod-config and the Secret harbor-cluster/pod-secret are there",
    );
    progress("watch it: kubectl --context lab -n harbor-cluster get harborclusters,postgresqls,statefulsets,pods");
  });

program
  .command("down")
  .description("stop every program that up started, and remove the folder")
  .action(async () => {
    await down(directory, progress);
    progress("the sandbox is down");
  });

try {
  await program.parseAsync();
} catch (error) {
  progress(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

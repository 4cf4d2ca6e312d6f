import { Command } from "commander";
import { breakRepository, heal, status } from "./cluster.ts";
import { sandboxDirectory } from "./directory.ts";
import { contextOf } from "./inventory.ts";
import { down, sandboxEnvironment, up } from "./sandbox.ts";

const directory = sandboxDirectory();
const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const program = new Command("sandbox")
  .description("The embedded environment: two Kubernetes API servers, real databases, Pulumi. Loopback only, nothing outside one folder.")
  .addHelpText("after", `
Examples:
  npm run sandbox -- up
  eval "$(npm run -s sandbox -- env)" && postgres-recovery stanza list --context dev
  npm run sandbox -- heal consent/spicedb-psql
  npm run sandbox -- down

It lives in ${directory}; set POSTGRES_RECOVERY_SANDBOX for another folder.`);

program
  .command("up")
  .description("start what does not run; builds the tools first, once (about 10 minutes with two cores)")
  .action(async () => {
    const started = performance.now();
    await up(directory, progress);
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

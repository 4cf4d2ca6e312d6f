import { execa } from "execa";
import { heal } from "./cluster.ts";
import { sandboxDirectory } from "./host/directory.ts";
import { up } from "./sandbox.ts";

const directory = sandboxDirectory();
const say = (line: string): void => {
  process.stdout.write(`\n== ${line}\n`);
};

say("1. Starting the sandbox: two Kubernetes API servers, nine real Postgres clusters with Patroni and pgBackRest");
const environment = await up(directory, (line) => process.stderr.write(`   ${line}\n`));

/** Shows a command and runs it as a person would; the list commands tell by their exit code what they found. */
async function run(command: string, expectedExitCodes: readonly number[] = [0]): Promise<void> {
  process.stdout.write(`$ ${command}\n`);
  const [program = "", ...parameters] = command.split(" ");
  const { exitCode } = await execa(program, parameters, {
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
    reject: false,
  });
  if (exitCode === undefined || !expectedExitCodes.includes(exitCode)) {
    throw new Error(`${command} ended with ${exitCode ?? "a signal"}`);
  }
}

say(
  "2. lab: which clusters have no stanza? One cannot be asked: its repo host accepts connections and stays silent (20 s)",
);
await run("postgres-recovery stanza list --context lab -o log", [0, 3]);

say("3. lab: correcting the pod-to-pod communication of consent/spicedb-psql");
await heal(directory, "lab", "consent/spicedb-psql");

say("4. lab: Pulumi runs the procedure for it: dump, stanza-create on the leader, confirm");
await run("pulumi up --stack lab --yes --skip-preview --non-interactive");
await run("postgres-recovery stanza list --context lab -o log");

say("5. dev: what would be done? Six clusters, and two on hold with their reason");
await run("pulumi preview --stack dev --non-interactive");

say("6. dev: doing it");
await run("pulumi up --stack dev --yes --skip-preview --non-interactive --suppress-outputs");
await run("postgres-recovery stanza list --context dev", [0, 3]);

say("7. dev: once is enough: a second run changes nothing");
await run("pulumi up --stack dev --yes --skip-preview --non-interactive --suppress-outputs --expect-no-changes");

say("What to try next, in this folder");
process.stdout
  .write(`  eval "$(npm run -s sandbox -- env)"          # then kubectl, psql, pulumi and postgres-recovery work here
  postgres-recovery stanza list --context dev --debug
  npm run sandbox -- heal ac-qr-publishing/ac-qr-db   # then remove its "hold" in Pulumi.dev.yaml, and:
  pulumi up --stack dev
  npm run sandbox -- down                      # stops everything and removes its folder
`);

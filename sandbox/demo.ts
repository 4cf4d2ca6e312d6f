import { execa } from "execa";
import { heal } from "./cluster.ts";
import { sandboxDirectory } from "./host/directory.ts";
import { up } from "./sandbox.ts";

const directory = sandboxDirectory();
const say = (line: string): void => {
  process.stdout.write(`\n== ${line}\n`);
};

say("1. Start the sandbox: two Kubernetes API servers, and nine real Postgres clusters with Patroni and pgBackRest");
const environment = await up(directory, (line) => process.stderr.write(`   ${line}\n`));

/** Shows a command and runs it as a user would. The exit code of a list says what it found. */
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
  "2. lab: which clusters lack a stanza? One gives no answer: its repo host accepts connections and stays silent (20 s)",
);
await run("postgres-recovery stanza list --context lab -o log", [0, 3]);

say("3. lab: correct the pod-to-pod communication of consent/spicedb-psql");
await heal(directory, "lab", "consent/spicedb-psql");

say("4. lab: let Pulumi create its stanza: dump, stanza-create on the leader, confirmation");
await run("pulumi up --stack lab --yes --skip-preview --non-interactive");
await run("postgres-recovery stanza list --context lab", [0, 1]);

say("5. dev: preview what would be done: six clusters to repair, and two on hold with their reasons");
process.stdout
  .write(`A running PGO 5.7 or later would create three of the six stanzas itself. It believes that the other three exist
("created (disagrees)" in the list), and never tries again. The sandbox's stand-in for PGO creates none.
`);
await run("pulumi preview --stack dev --non-interactive");

say("6. dev: create the six stanzas");
await run("pulumi up --stack dev --yes --skip-preview --non-interactive --suppress-outputs");
await run("postgres-recovery stanza list --context dev", [0, 1, 3]);

say("7. dev: run it again: nothing changes");
await run("pulumi up --stack dev --yes --skip-preview --non-interactive --suppress-outputs --expect-no-changes");

say("Done. Try next, in this folder:");
process.stdout
  .write(`  eval "$(npm run -s sandbox -- env)"          # then postgres-recovery, pulumi, psql and kubectl use the sandbox
  postgres-recovery stanza list --context dev --debug
  npm run sandbox -- heal ac-qr-publishing/ac-qr-db   # then remove its "hold" from Pulumi.dev.yaml, and run:
  pulumi up --stack dev
  npm run sandbox -- down                      # stop everything and remove its folder
`);

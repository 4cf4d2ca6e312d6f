import { Command, CommanderError, Option } from "commander";
import { permissions } from "../domain/kubernetes/permissions.ts";
import { failureExitCode } from "./exit-codes.ts";
import { argumentsFailure, failureJson, failureOf, failureText, stackText, wantsFailureJson } from "./failure.ts";
import { addHarborCommands } from "./harbor/program.ts";
import { concurrencyArgument, durationOption, withCommonOptions } from "./options.ts";
import type { DumpCommandOptions } from "./dump/dump.ts";
import { addSecretsCommands } from "./secrets/program.ts";
import type { StanzaCreateOptions } from "./stanza/create.ts";
import type { StanzaListOptions } from "./stanza/list.ts";

// Each command's code is loaded when it is run: the Kubernetes client alone takes longer than all of --help.
function program(setExitCode: (code: number) => void): Command {
  const root = new Command("postgres-recovery")
    .description("Finds and repairs Postgres clusters on Kubernetes that lose their backups in silence.")
    .exitOverride()
    .showHelpAfterError("(--help shows what is possible)")
    .configureOutput({
      outputError(text, write) {
        write(text.replace(/^error: /, "error[arguments-invalid]: "));
      },
    })
    .addHelpText(
      "after",
      `
Examples:
  postgres-recovery stanza list --context dev
  postgres-recovery stanza create calendar/calendar-db --context dev
  postgres-recovery dump calendar/calendar-db --context dev

The --help of each command has its Kubernetes permissions and exit codes.`,
    );

  const stanza = root.command("stanza").description("the pgBackRest stanza of Crunchy PGO clusters");
  withCommonOptions(stanza.command("list"), {
    timeout: "how long one cluster may take to answer",
    permissions: permissions["stanza list"],
    examples: [
      "postgres-recovery stanza list",
      "postgres-recovery stanza list --context dev -n woven-passport",
      "postgres-recovery stanza list --watch --interval 5m",
      "postgres-recovery stanza list -o json | jq '.clusters[] | select(.status.status != \"okay\")'",
    ],
  })
    .description("list every PostgresCluster and whether its stanza exists; only reads")
    .option("-n, --namespace <name>", "one namespace (default: all)")
    .option("-w, --watch", "list again and again until it is interrupted")
    .addOption(durationOption("--interval <duration>", "pause between lists with --watch", "1m"))
    .addOption(
      new Option("--concurrency <count>", "clusters asked at the same time").argParser(concurrencyArgument).default(16),
    )
    .action(async (options: StanzaListOptions) => {
      setExitCode(await (await import("./stanza/list.ts")).stanzaList(options));
    });

  withCommonOptions(stanza.command("create"), {
    timeout: "how long each question about the stanza may take",
    permissions: permissions["stanza create"],
    examples: [
      "postgres-recovery stanza create calendar/calendar-db",
      "postgres-recovery stanza create calendar/calendar-db --dump-directory /backup",
      "postgres-recovery stanza create calendar/calendar-db --dump-directory s3://my-dumps/dev",
      "postgres-recovery stanza create calendar/calendar-db --skip-dump 'dumped an hour ago, see TICKET-1'",
      "postgres-recovery stanza create --request - -o json < request.json",
    ],
  })
    .description(
      "create one cluster's missing stanza: check, dump, create on the leader, confirm; a stanza that stands is left as it is",
    )
    .argument("[cluster]", "NAMESPACE/CLUSTER")
    .addOption(
      new Option("--request <source>", "read one JSON request from stdin instead of the arguments").choices(["-"]),
    )
    .option("--uid <uid>", "do nothing unless the PostgresCluster has this metadata.uid")
    .option("--dump-directory <directory>", "where the dump goes: a folder, or s3://BUCKET[/PREFIX]", "dumps")
    .option("--skip-dump <reason>", "take no dump, for this reason")
    .addOption(durationOption("--dump-timeout <duration>", "how long the dump may take", "1h"))
    .addOption(durationOption("--create-timeout <duration>", "how long to go on trying to create", "10m"))
    .addOption(durationOption("--operator-timeout <duration>", "how long to wait for PGO to confirm", "2m"))
    .action(async (cluster: string | undefined, options: StanzaCreateOptions) => {
      setExitCode(await (await import("./stanza/create.ts")).stanzaCreate(cluster, options));
    });

  withCommonOptions(root.command("dump"), {
    timeout: "how long each question may take",
    permissions: permissions.dump,
    examples: [
      "postgres-recovery dump calendar/calendar-db",
      "postgres-recovery dump calendar/calendar-db --directory /backup -o json",
      "postgres-recovery dump calendar/calendar-db --directory s3://my-dumps/dev",
    ],
  })
    .description("dump all databases of one cluster from its leader into a verified, compressed file")
    .argument("<cluster>", "NAMESPACE/CLUSTER")
    .option("--directory <directory>", "where the file goes: a folder, or s3://BUCKET[/PREFIX]", "dumps")
    .addOption(durationOption("--dump-timeout <duration>", "how long the dump may take", "1h"))
    .action(async (cluster: string, options: DumpCommandOptions) => {
      setExitCode(await (await import("./dump/dump.ts")).dump(cluster, options));
    });

  addHarborCommands(root, setExitCode);
  addSecretsCommands(root, setExitCode);
  return root;
}

/** Says what went wrong; the result is the exit code. */
function report(error: unknown): number {
  const parameters = process.argv.slice(2);
  const isOfCommander = error instanceof CommanderError;
  if (isOfCommander && error.exitCode === 0) return 0;
  const failure = isOfCommander ? argumentsFailure(error.message) : failureOf(error);
  // Commander has told the person already.
  if (!isOfCommander) process.stderr.write(failureText(failure));
  if (parameters.includes("--debug")) process.stderr.write(`${stackText(error)}\n`);
  if (wantsFailureJson(parameters)) process.stdout.write(failureJson(failure));
  return failureExitCode(failure.kind);
}

// A reader that went away (`| head`) is no error of the program; a session that runs stops by itself.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
try {
  await program((code) => {
    process.exitCode = code;
  }).parseAsync();
} catch (error) {
  process.exitCode = report(error);
  // What is still open, such as a login helper that hangs, must not keep the process; what was printed must get out.
  process.stderr.write("", () => process.stdout.write("", () => process.exit()));
}

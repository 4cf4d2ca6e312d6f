import { Command, CommanderError } from "@commander-js/extra-typings";
import { cutLines, visibleText } from "../domain/visible-text.ts";
import { addBackupCommands } from "./backups/program.ts";
import { addAlarmCommands } from "./alarm/program.ts";
import { addCheckCommand } from "./check/program.ts";
import { addCompletionCommands } from "./completion/program.ts";
import { addConfigCommands } from "./config/program.ts";
import { addDrillCommands } from "./drill/program.ts";
import { addDumpCommand } from "./dump/program.ts";
import { failureExitCode } from "./exit-codes.ts";
import { argumentsFailure, failureJson, failureOf, failureText, stackText, wantsFailureJson } from "./failure.ts";
import { rememberedPlace } from "./hints.ts";
import { addHarborCommands } from "./harbor/program.ts";
import { endProcess, printError, printText } from "./output.ts";
import { addRegistryCommands } from "./registry/program.ts";
import { addRestoreCommands } from "./restore/program.ts";
import { addReportCommands } from "./report/program.ts";
import { addSecretsCommands } from "./secrets/program.ts";
import { addStackCommands } from "./stack/program.ts";
import { addStanzaCommands } from "./stanza/program.ts";
import { version } from "./version.ts";

// Each command's code is loaded when it runs. The Kubernetes client alone takes longer to load than all of --help.
function program(setExitCode: (code: number) => void): Command {
  const root = new Command("postgres-recovery")
    .description("Finds and repairs Postgres clusters on Kubernetes that have no backups and look healthy.")
    .option("-V, --version", "print the version")
    .on("option:version", () => {
      printText(version());
      throw new CommanderError(0, "postgres-recovery.version", "");
    })
    // Without this, `report` would take the options of `report fleet`. Subcommands inherit it.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError("(see --help)")
    .configureOutput({
      outputError(text, write) {
        write(cutLines(visibleText(text.replace(/^error: /, "error[arguments-invalid]: "))));
      },
    })
    .addHelpText(
      "after",
      `
Examples:
  postgres-recovery stanza list --context dev
  postgres-recovery stanza create calendar/calendar-db --context dev
  postgres-recovery dump calendar/calendar-db --context dev
  postgres-recovery report --stack dev
  postgres-recovery config check --stack dev
  postgres-recovery check --file manifests.yaml

The --help of each command has its Kubernetes permissions and exit codes.`,
    );

  addStanzaCommands(root, setExitCode);
  addDumpCommand(root, setExitCode);
  addRestoreCommands(root, setExitCode);
  addDrillCommands(root, setExitCode);
  addBackupCommands(root, setExitCode);
  addHarborCommands(root, setExitCode);
  addRegistryCommands(root, setExitCode);
  addSecretsCommands(root, setExitCode);
  addStackCommands(root, setExitCode);
  addCheckCommand(root, setExitCode);
  addAlarmCommands(root, setExitCode);
  addReportCommands(root, setExitCode);
  addConfigCommands(root, setExitCode);
  addCompletionCommands(root);
  return root;
}

/** Prints what went wrong; the result is the exit code. */
function report(error: unknown): number {
  const parameters = process.argv.slice(2);
  const isOfCommander = error instanceof CommanderError;
  if (isOfCommander && error.exitCode === 0) return 0;
  const failure = isOfCommander ? argumentsFailure(error.message) : failureOf(error, rememberedPlace());
  // Commander has already printed its own errors.
  if (!isOfCommander) printError(failureText(failure));
  if (parameters.includes("--debug")) printError(`${stackText(error)}\n`);
  if (wantsFailureJson(parameters)) printText(failureJson(failure));
  return failureExitCode(failure.kind);
}

// A closed pipe (`| head`) is not an error of the program. A running session stops by itself.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
try {
  await program((code) => {
    process.exitCode = code;
  }).parseAsync();
} catch (error) {
  process.exitCode = report(error);
  // A login helper that hangs must not keep the process alive.
  endProcess();
}

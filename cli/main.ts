import { Command, CommanderError } from "@commander-js/extra-typings";
import { addDumpCommand } from "./dump/program.ts";
import { failureExitCode } from "./exit-codes.ts";
import { argumentsFailure, failureJson, failureOf, failureText, stackText, wantsFailureJson } from "./failure.ts";
import { addHarborCommands } from "./harbor/program.ts";
import { addRestoreCommands } from "./restore/program.ts";
import { addSecretsCommands } from "./secrets/program.ts";
import { addStanzaCommands } from "./stanza/program.ts";

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

  addStanzaCommands(root, setExitCode);
  addDumpCommand(root, setExitCode);
  addRestoreCommands(root, setExitCode);
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

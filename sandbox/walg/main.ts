import { parseArgs } from "node:util";
import { backupFetch } from "./backup-fetch.ts";
import { backupList } from "./backup-list.ts";
import { backupPush } from "./backup-push.ts";
import { readConfiguration, type Configuration } from "./configuration.ts";
import { deleteBackups } from "./delete.ts";
import { Fatal, log } from "./log.ts";
import { Storage } from "./storage.ts";
import { walFetch, walPush } from "./wal.ts";
import { walShow } from "./wal-show.ts";
import { walVerify } from "./wal-verify.ts";

/**
 * Stands in for `wal-g` 3.0.3, the one in Spilo 3.3-p3: the same layout in S3, output, exit codes and pitfalls, as far as
 * Spilo and this project use them. test/walg compares it with captures of the real program.
 * Usage: node main.ts COMMAND …
 */
async function run(parameters: string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args: parameters,
    allowPositionals: true,
    options: {
      confirm: { type: "boolean", default: false },
      detail: { type: "boolean", default: false },
      "detailed-json": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [command = "", ...given] = positionals;
  const configuration = readConfiguration(process.env);
  return runCommand(command, given, { ...values, configuration, json: values.json || values["detailed-json"] });
}

interface Options {
  readonly configuration: Configuration;
  readonly confirm: boolean;
  readonly detail: boolean;
  readonly json: boolean;
}

async function runCommand(
  command: string,
  parameters: readonly string[],
  { configuration, confirm, detail, json }: Options,
): Promise<string> {
  const [first, second] = parameters;
  const storage = new Storage(configuration);
  switch (command) {
    case "backup-list":
      return backupList(storage, { detail, json });
    case "backup-push":
      await backupPush(storage, configuration, needed(first));
      return "";
    case "backup-fetch": {
      const { retrySeconds } = configuration;
      await backupFetch(storage, { directory: needed(first), retrySeconds }, needed(second));
      return "";
    }
    case "wal-push":
      await walPush(storage, needed(first), configuration.compression);
      return "";
    case "wal-fetch":
      await walFetch(storage, needed(first), needed(second));
      return "";
    case "wal-show":
      return walShow(storage, json);
    case "wal-verify":
      return walVerify(storage, parameters, { json, limits: configuration.verifyLimits });
    case "delete":
      await deleteBackups(storage, parameters, confirm);
      return "";
    default:
      throw new Fatal(`unknown command "${command}" for "wal-g"`);
  }
}

function needed(argument: string | undefined): string {
  if (argument === undefined) throw new Fatal("an argument is missing");
  return argument;
}

try {
  process.stdout.write(await run(process.argv.slice(2)));
} catch (error) {
  log("ERROR", error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof Fatal ? error.exitCode : 1;
}

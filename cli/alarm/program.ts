import type { Command } from "@commander-js/extra-typings";
import { localCommand } from "../options.ts";

const sendExamples = [
  "postgres-recovery stanza list -o json | postgres-recovery alarm send --webhook-file webhook-url",
  "postgres-recovery alarm send --webhook-file webhook-url report.json",
];

/** Adds `postgres-recovery alarm …`. */
export function addAlarmCommands(root: Command, setExitCode: (code: number) => void): void {
  const alarm = root.command("alarm").description("tell others what a check has found");
  localCommand(alarm, "send", sendExamples)
    .description("post the result of stanza list or harbor status to a webhook, also when all is okay")
    .argument("[report]", "file with the JSON of the check; - is stdin", "-")
    .requiredOption("--webhook-file <file>", "file that holds the webhook's https URL and nothing else")
    .action(async (report, options) => {
      setExitCode(await (await import("./send.ts")).alarmSend(report, options));
    });
}

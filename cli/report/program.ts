import { Option, type Command } from "@commander-js/extra-typings";
import { noTexts, localCommand } from "../options.ts";

const stackExamples = [
  "postgres-recovery report --stack dev",
  "postgres-recovery report --stack dev -o json | jq '.targets[] | select(.outcome == \"failed\")'",
  "postgres-recovery report --state exported.json",
  "postgres-recovery report fleet --from fleet.json --html backups.html",
];

const fleetExamples = [
  "postgres-recovery report fleet --from fleet.json",
  "postgres-recovery backup fleet -o json | postgres-recovery report fleet --from - --html backups.html",
  "postgres-recovery report fleet --from fleet.json --cluster calendar/calendar-db --html calendar.html",
  "postgres-recovery report fleet --from fleet.json -o json | jq -r '.clusters[].name'",
];

/** Adds `postgres-recovery report` and `postgres-recovery report fleet`. */
export function addReportCommands(root: Command, setExitCode: (code: number) => void): void {
  const report = localCommand(root, "report", stackExamples)
    .description("the last run of each target of a Pulumi stack: when, what came out, what to do; needs no cluster")
    .addOption(new Option("--stack <name>", "read the outputs with `pulumi stack output`").conflicts("state"))
    .option(
      "--state <file>",
      "read a file that `pulumi stack export` or `pulumi stack output --json` has written; - is stdin",
    )
    .action(async (options) => {
      setExitCode(await (await import("./report.ts")).report(options));
    });

  localCommand(report, "fleet", fleetExamples)
    .description(
      "the backups of all clusters, from saved data: as a table, as JSON, or as one HTML page; needs no cluster",
    )
    .requiredOption("--from <file>", "the data, as docs/schema/fleet-report.v1.json describes it; - is stdin")
    .option("--html <file>", "write a page that loads nothing and can be sent; a file that exists is replaced")
    .option(
      "--cluster <namespace/name>",
      "only this cluster; may be repeated (default: all)",
      (name: string, names: string[]) => [...names, name],
      noTexts(),
    )
    .action(async (options) => {
      setExitCode(await (await import("./fleet.ts")).reportFleet(options));
    });
}

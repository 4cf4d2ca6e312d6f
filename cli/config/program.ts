import { Option, type Command } from "@commander-js/extra-typings";
import {
  concurrencyArgument,
  durationOption,
  localCommand,
  majorArgument,
  resultFormats,
  stepCommand,
} from "../options.ts";

const checkExamples = [
  "postgres-recovery config check",
  "postgres-recovery config check --stack dev",
  "postgres-recovery config check -o json | jq -r '.files[].problems[] | \"\\(.line): \\(.message)\"'",
];
const restoreExamples = [
  "postgres-recovery config restore --stack lab",
  "postgres-recovery config restore --stack lab --dry-run",
  "postgres-recovery config restore --stack lab --uid 99e85b8a-3f92-4c86-8d42-5056348c1e7e --target-time 2026-11-21T09:30:00+00:00 --yes",
];
const finishExamples = [
  "postgres-recovery config finish-restore --stack lab",
  "postgres-recovery config finish-restore --stack lab --state exported.json --yes",
  "postgres-recovery config finish-restore --stack lab --reason 'the data was checked by hand, see TICKET-1'",
];
const targetsExamples = [
  "postgres-recovery config targets --stack dev",
  "postgres-recovery config targets --stack dev --write",
  "postgres-recovery config targets --context dev -o json | jq -r '.uncovered[]'",
];

/** Adds `postgres-recovery config …`. */
export function addConfigCommands(root: Command, setExitCode: (code: number) => void): void {
  const config = root.command("config").description("the stack files, Pulumi.<stack>.yaml");
  localCommand(config, "check", checkExamples)
    .description("everything that is wrong in stack files, with line and column; needs neither Pulumi nor a cluster")
    .option("--stack <name>", "check Pulumi.<name>.yaml (default: every stack file of the project)")
    .action(async (options) => {
      setExitCode(await (await import("./check.ts")).configCheck(options));
    });

  localCommand(config, "restore", restoreExamples)
    .description(
      "declare a restore of Harbor's database in a stack file, from what the bucket holds and which Secrets were kept; shows what would be lost and the edit, and asks. AWS credentials come from the environment or profile; needs no cluster",
    )
    .addOption(stackOption())
    .option("--id <id>", "a name for this restore (default: restore- and the present time)")
    .option("--scope <scope>", "folder of the lost database below spilo/ (default: that of the stack's own database)")
    .addOption(new Option("--uid <uid>", "UID of the lost postgresql resource").conflicts("prefix"))
    .option("--prefix <prefix>", "instead of --uid, for old backups: the text before the scope, often empty")
    .option("--postgres-version <major>", "PostgreSQL version of the backups (default: as they say)", majorArgument)
    .option("--target-time <time>", "restore to this moment, with its offset from UTC (default: the end of the WAL)")
    .option("--lost-at <time>", "when the database was lost; then it is said how much is lost")
    .option("--bucket <bucket>", "bucket of the backups (default: the stack's bucket databaseBackups)")
    .option("--region <region>", "region of that bucket")
    .option("--endpoint <url>", "endpoint of that bucket's store, when it is not AWS")
    .option("--bucket-owner <account>", "AWS account that owns the bucket")
    .option("--irsa-role-arn <arn>", "IAM role with which the Pods read the backups (default: as they write theirs)")
    .option("--read", "let `pulumi up` read the backup and its WAL to the end before the restore")
    .addOption(durationOption("--timeout <duration>", "how long listing S3 may take", "5m"))
    .option("--dry-run", "only show the edit, and what would be lost")
    .option("-y, --yes", "do not ask before the file is written")
    .action(async (options) => {
      setExitCode(await (await import("./restore.ts")).configRestore(options));
    });

  localCommand(config, "finish-restore", finishExamples)
    .description(
      "remove a restore from a stack file once the stack's outputs say that it is proven; asks Pulumi, and needs no cluster",
    )
    .addOption(stackOption())
    .option("--state <file>", "read the outputs from a file of `pulumi stack export` instead; - is stdin")
    .option("--reason <text>", "why it ends unproven, or without its outputs; is written as endUnprovenRestore")
    .option("--dry-run", "only show the edit")
    .option("-y, --yes", "do not ask before the file is written")
    .action(async (options) => {
      setExitCode(await (await import("./finish-restore.ts")).configFinishRestore(options));
    });

  stepCommand(config, "config targets", resultFormats, targetsExamples)
    .description(
      "which clusters of a context should be targets of a stack, why the others should not, and which are in no stack of the project; only reads, unless --write",
    )
    .option("--stack <name>", "the stack that gets the targets; its context is used (default: that of --context)")
    .option("-n, --namespace <name>", "one namespace (default: all)")
    .addOption(durationOption("--timeout <duration>", "how long one cluster may take to answer", "30s"))
    .addOption(
      new Option("--concurrency <count>", "clusters asked at the same time").default(16).argParser(concurrencyArgument),
    )
    .option("--write", "add the proposed targets to the stack file; shows the edit, and asks")
    .option("--dry-run", "with --write: only show the edit")
    .option("-y, --yes", "with --write: do not ask before the file is written")
    .action(async (options) => {
      setExitCode(await (await import("./targets.ts")).configTargets(options));
    });
}

function stackOption() {
  return new Option("--stack <name>", "edit Pulumi.<name>.yaml (default: the only stack file of the project)");
}

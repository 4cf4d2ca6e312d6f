import { Option, type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { amcheckModes } from "../../domain/restore/proof/amcheck-modes.ts";
import { recommendedImage } from "../../domain/spilo/image.ts";
import {
  durationOption,
  listFormats,
  majorArgument,
  optionalDurationOption,
  requestedStepCommand,
  resultFormats,
  stepCommand,
} from "../options.ts";

/** Adds `postgres-recovery drill …`. */
export function addDrillCommands(root: Command, setExitCode: (code: number) => void): void {
  const drill = root
    .command("drill")
    .description("drills: restores beside the running database, proven and thrown away");

  addRun(drill, setExitCode);

  stepCommand(drill, "drill list", resultFormats, [
    "postgres-recovery drill list",
    "postgres-recovery drill list -o json",
  ])
    .description("list the namespaces of drills: those that run, were kept, or were left by a drill that was killed")
    .action(async (options) => {
      setExitCode(await (await import("./clean.ts")).drillList(options));
    });

  stepCommand(drill, "drill clean", resultFormats, [
    "postgres-recovery drill clean",
    "postgres-recovery drill clean --yes",
    "postgres-recovery drill clean postgres-recovery-drill-20261129-014500-3fa9",
  ])
    .description(
      "remove the namespaces of drills that were killed, or those that are named, such as a kept one; never one whose drill still runs",
    )
    .argument("[namespaces...]", "namespaces of drills (default: all that a killed drill has left)")
    .option("-y, --yes", "do not ask before namespaces are deleted")
    .addOption(durationOption("--remove-timeout <duration>", "how long it may take until they are gone", "5m"))
    .action(async (namespaces, options) => {
      setExitCode(await (await import("./clean.ts")).drillClean(namespaces, options));
    });
}

function addRun(drill: CommandUnknownOpts, setExitCode: (code: number) => void): void {
  requestedStepCommand(drill, "drill run", "HarborCluster", listFormats, [
    "postgres-recovery drill run harbor-cluster/harbor-cluster --rpo 1h --rto 2h",
    "postgres-recovery drill run --stack lab -o json",
    "postgres-recovery drill run harbor-cluster/harbor-cluster --expect expect.json --amcheck always",
    "postgres-recovery drill run harbor-cluster/harbor-cluster --target-time 2026-11-21T09:30:00+00:00 --keep",
    "postgres-recovery drill run harbor-cluster/harbor-cluster --bucket b --region eu-west-2 --uid … --irsa-role-arn arn:aws:iam::123456789012:role/reader",
  ])
    .description(
      "restore the newest backup, or a moment, into a namespace of its own; prove it, dump every database to nowhere, measure loss and time, and remove it. Nothing outside of that namespace is written. It also removes what an earlier drill of the same cluster left when it was killed. The clone reads the backups with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment, or with a role",
    )
    .option(
      "--stack <name>",
      "take the cluster, the targets and the rest from harbor.drill of this stack file; options win",
    )
    .option("--bucket <name>", "bucket of the backups (default: where the running database's Pods write)")
    .option("--region <region>", "with --bucket: its region")
    .option("--endpoint <url>", "with --bucket: http(s)://HOST[:PORT] of an S3-compatible store; never for AWS")
    .option("--bucket-owner <account>", "AWS account that the bucket must belong to (default: any)")
    .option("--scope <folder>", "with --bucket: folder below spilo/ (default: the name of the postgresql resource)")
    .option("--uid <uid>", "with --bucket: UID of the postgresql resource")
    .option("--prefix <text>", "instead of --uid, for backups without one in their path: the text before the scope")
    .addOption(
      new Option("--postgres-version <major>", "with --bucket: PostgreSQL version of the backups")
        .default(12)
        .argParser(majorArgument),
    )
    .option("--no-version-in-path", "with --bucket: the backups are in wal/ itself (Spilo before 2.0-p2)")
    .option("--target-time <time>", "moment to restore to, with its offset from UTC (default: the end of the WAL)")
    .option("--irsa-role-arn <arn>", "IAM role with which the clone reads the backups (default: keys)")
    .option(
      "--image <image>",
      `Spilo image of the clone (default: the newest that fits, ${recommendedImage}, or an older one for a role)`,
    )
    .addOption(optionalDurationOption("--rpo <duration>", "how old the newest restored commit may be"))
    .addOption(optionalDurationOption("--rto <duration>", "how long restore and proof may take"))
    .option(
      "--expect <file>",
      'JSON: {"databases": […], "queries": [{"database", "sql", and "equals", "atLeast" or "empty"}]}',
    )
    .addOption(
      new Option(
        "--amcheck <when>",
        "read every B-tree index; always: also where the extension is not installed (default: if-installed)",
      ).choices(amcheckModes),
    )
    .option("--cpu <quantity>", "processors of the clone's Pod (default: 1)")
    .option("--memory <quantity>", "memory of the clone's Pod (default: 2Gi)")
    .option("--volume <quantity>", "size of its volume (default: by the backup's size and its WAL)")
    .option("--storage-class <name>", "class of its volume (default: the cluster's default class)")
    .option("--remember", "write the result into the ledger of proofs beside the backups, signed")
    .option("--signing-key-file <file>", "with --remember: private Ed25519 key in PEM, which signs the result")
    .option("--keep", "leave the namespace, to look at the clone")
    .option("--endpoint-url <url>", "address at which this machine reaches AWS S3, such as that of a VPC endpoint")
    .addOption(durationOption("--check-timeout <duration>", "how long listing S3 may take", "5m"))
    .addOption(durationOption("--start-timeout <duration>", "how long the Pod may take to start", "15m"))
    .addOption(durationOption("--restore-timeout <duration>", "how long the restore may take", "12h"))
    .addOption(durationOption("--query-timeout <duration>", "how long one query may take", "1m"))
    .addOption(durationOption("--index-timeout <duration>", "how long the indexes of one database may take", "30m"))
    .addOption(durationOption("--dump-timeout <duration>", "how long the dump of one database may take", "6h"))
    .addOption(durationOption("--remove-timeout <duration>", "how long removing the namespace may take", "5m"))
    .action(async (cluster, options) => {
      setExitCode(await (await import("./run.ts")).drillRun(cluster, options));
    });
}

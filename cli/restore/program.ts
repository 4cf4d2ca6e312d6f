import { Option, type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { amcheckModes } from "../../domain/restore/proof/amcheck-modes.ts";
import { recommendedImage } from "../../domain/spilo/image.ts";
import { durationOption, listFormats, majorArgument, requestedStepCommand } from "../options.ts";
import {
  operatorConfigMapOption,
  operatorConfigurationOption,
  operatorNamespaceOption,
  podConfigOption,
  podSecretOption,
} from "../operator-options.ts";

/** Adds `postgres-recovery restore …`. */
export function addRestoreCommands(root: Command, setExitCode: (code: number) => void): void {
  const restore = root.command("restore").description("restores of Harbor's database from its backups in S3");

  requestedStepCommand(restore, "restore check", "HarborCluster", listFormats, [
    "postgres-recovery restore check --suggest --bucket harbor-database-backups --region eu-west-2",
    "postgres-recovery restore check harbor-cluster/harbor-cluster --bucket harbor-database-backups --region eu-west-2 --uid 99e85b8a-3f92-4c86-8d42-5056348c1e7e",
    "postgres-recovery restore check harbor-cluster/harbor-cluster --bucket b --region eu-west-2 --uid … --target-time 2026-11-21T09:30:00+00:00",
    "postgres-recovery restore check harbor-cluster/harbor-cluster --bucket b --region eu-west-2 --uid … --read --read-timeout 6h",
  ])
    .description(
      "check everything that a restore depends on, before anything is changed; only reads, unless the request has the Pods' keys for backups: then one small object is written to S3 and deleted again. AWS credentials come from the environment or profile",
    )
    .addOption(operatorNamespaceOption())
    .addOption(podConfigOption())
    .addOption(podSecretOption())
    .addOption(operatorConfigMapOption())
    .addOption(operatorConfigurationOption())
    .addOption(durationOption("--timeout <duration>", "how long listing S3 may take", "5m"))
    .option("--read", "download the backup and its WAL, and read them to the end; nothing is kept")
    .addOption(durationOption("--read-timeout <duration>", "how long the download for --read may take", "12h"))
    .option(
      "--suggest",
      "list the backups in the bucket, with the values for the setting `restore`; needs only --bucket, --region and --endpoint",
    )
    .option("--bucket <name>", "bucket of the backups to restore")
    .option("--region <region>", "its region")
    .option("--endpoint <url>", "http(s)://HOST[:PORT] of an S3-compatible store; never for AWS")
    .option("--endpoint-url <url>", "address at which this machine reaches AWS S3, such as that of a VPC endpoint")
    .option("--bucket-owner <account>", "AWS account that both buckets must belong to (default: any)")
    .option("--scope <folder>", "folder below spilo/ (default: the name of the HarborCluster's postgresql resource)")
    .option("--uid <uid>", "UID of the lost postgresql resource")
    .option("--prefix <text>", "instead of --uid, for backups without one in their path: the text before the scope")
    .addOption(
      new Option("--postgres-version <major>", "PostgreSQL version of the backups")
        .default(12)
        .argParser(majorArgument),
    )
    .option("--no-version-in-path", "the backups are in wal/ itself (Spilo before 2.0-p2)")
    .option("--target-time <time>", "moment to restore to, with its offset from UTC (default: the end of the WAL)")
    .option("--irsa-role-arn <arn>", "IAM role with which the Pods read the backups (default: keys in the pod Secret)")
    .option(
      "--image <image>",
      `Spilo image of the new database (default: the newest that fits, ${recommendedImage}, or an older one for a role)`,
    )
    .option("--backup-bucket <name>", "bucket of the new database's own backups (default: that of --bucket)")
    .action(async (cluster, options) => {
      setExitCode(await (await import("./check.ts")).restoreCheck(cluster, options));
    });

  addVerify(restore, setExitCode);
}

function addVerify(restore: CommandUnknownOpts, setExitCode: (code: number) => void): void {
  requestedStepCommand(restore, "restore verify", "HarborCluster", listFormats, [
    "postgres-recovery restore verify harbor-cluster/harbor-cluster --check check.json",
    "postgres-recovery restore verify harbor-cluster/harbor-cluster --check check.json --expect expect.json --amcheck always",
    "postgres-recovery restore verify harbor-cluster/harbor-cluster --check check.json --target-time 2026-11-21T09:30:00+00:00",
    "postgres-recovery restore verify harbor-cluster/harbor-cluster --check check.json --registry-bucket harbor-artifacts --registry-region eu-west-2",
  ])
    .description(
      "prove that the running database is the restored one, and works: identity, end of the recovery, replicas, rows, indexes, passwords, new backups, Harbor, and its registry if its bucket is named. Changes nothing, except that it completes a WAL segment. AWS credentials come from the environment or profile",
    )
    .option("--check <file>", "report of `restore check -o json`, which names the restored backup (default: not known)")
    .option("--system-identifier <digits>", "that of the lost database, for backups that do not name it")
    .option("--target-time <time>", "the moment that was restored to (default: the end of the WAL)")
    .option("--lost-at <time>", "when the database was lost, for the report")
    .option(
      "--expect <file>",
      'JSON: {"databases": […], "queries": [{"database", "sql", and "equals", "atLeast" or "empty"}]}',
    )
    .addOption(
      new Option("--amcheck <when>", "read every B-tree index; always: also where the extension is not installed")
        .choices(amcheckModes)
        .default("if-installed" as const),
    )
    .option("--harbor-url <url>", "address at which this machine reaches Harbor (default: its externalURL)")
    .option("--harbor-insecure", "accept any certificate of Harbor")
    .option("--skip-harbor <reason>", "do not ask Harbor, for this reason")
    .option("--registry-bucket <name>", "bucket of Harbor's artifacts: compare it with the database (default: do not)")
    .option("--registry-region <region>", "its region")
    .option("--registry-endpoint <url>", "http(s)://HOST[:PORT] of its S3-compatible store; never for AWS")
    .option("--registry-owner <account>", "AWS account that it must belong to (default: any)")
    .option("--registry-root <folder>", "folder in it that the registry uses, its `rootdirectory`", "")
    .option("--registry-database <name>", "database with Harbor's tables", "core")
    .option("--registry-digests", "also download every blob and compute its digest", false)
    .addOption(
      new Option(
        "--registry-problems <what>",
        "what it means that images cannot be pulled: a warning, or a failed proof",
      )
        .choices(["report", "fail"] as const)
        .default("report" as const),
    )
    .option("--bucket-owner <account>", "AWS account that the bucket of the new backups must belong to (default: any)")
    .option("--endpoint-url <url>", "address at which this machine reaches AWS S3, such as that of a VPC endpoint")
    .addOption(durationOption("--query-timeout <duration>", "how long one query may take", "1m"))
    .addOption(durationOption("--index-timeout <duration>", "how long the indexes of one database may take", "30m"))
    .addOption(durationOption("--archive-timeout <duration>", "how long a WAL segment may take to arrive in S3", "5m"))
    .addOption(durationOption("--backup-timeout <duration>", "how long the first base backup may take", "30m"))
    .addOption(durationOption("--harbor-timeout <duration>", "how long Harbor may take to be healthy", "5m"))
    .addOption(durationOption("--registry-timeout <duration>", "how long comparing the registry may take", "30m"))
    .addOption(durationOption("--timeout <duration>", "how long everything may take", "2h"))
    .action(async (cluster, options) => {
      setExitCode(await (await import("./verify.ts")).restoreVerify(cluster, options));
    });
}

import { InvalidArgumentError, Option, type Command } from "@commander-js/extra-typings";
import { flagCodes, type FlagCode } from "../../domain/stanza/flag-codes.ts";
import {
  concurrencyArgument,
  durationOption,
  flagsArgument,
  listFormats,
  noTexts,
  requestedStepCommand,
  stepCommand,
  watchedFormats,
} from "../options.ts";
import type { StepName } from "../../domain/steps/permissions.ts";

/** Adds `postgres-recovery backup …`. */
export function addBackupCommands(root: Command, setExitCode: (code: number) => void): void {
  const backup = root
    .command("backup")
    .description("the backups of all clusters, and every base backup of Harbor's database in S3");
  const load = () => import("./backups.ts");

  placedCommand(backup, "backup list", [
    "postgres-recovery backup list harbor-cluster/harbor-cluster",
    "postgres-recovery backup list harbor-cluster/harbor-cluster --bucket harbor-database-backups --region eu-west-2 --uid 99e85b8a-3f92-4c86-8d42-5056348c1e7e",
    "postgres-recovery backup list harbor-cluster/harbor-cluster -o json | jq -r .lossNow.seconds",
  ])
    .description(
      "list every base backup: whether it can be restored, and to which moments; only reads. AWS credentials come from the environment or profile",
    )
    .addOption(scheduleOption())
    .action(async (cluster, options) => {
      setExitCode(await (await load()).backupList(cluster, options));
    });

  addFleetCommand(backup, setExitCode);

  placedCommand(backup, "backup verify", [
    "postgres-recovery backup verify harbor-cluster/harbor-cluster",
    "postgres-recovery backup verify harbor-cluster/harbor-cluster --read --read-timeout 6h",
    "postgres-recovery backup verify harbor-cluster/harbor-cluster --read --remember --signing-key-file proofs.key --reverify-after 30d",
    "postgres-recovery backup verify harbor-cluster/harbor-cluster --bucket b --region eu-west-2 --uid … -o json",
  ])
    .description(
      "judge every base backup, its WAL, the schedule and the retention, and compare S3 with WAL-G's list and the archiver in the Pods; only reads. AWS credentials come from the environment or profile",
    )
    .addOption(scheduleOption())
    .option("--read", "download all backups and their WAL, and read them to the end; nothing is kept")
    .addOption(durationOption("--read-timeout <duration>", "how long the download for --read may take", "12h"))
    .option("--remember", "with --read: write the result into the ledger of proofs beside the backups, signed")
    .addOption(
      new Option(
        "--reverify-after <days>",
        "with --read: read only what is new, what has changed, and what was last read so many days ago, such as 30d",
      ).argParser(daysArgument),
    )
    .option("--signing-key-file <file>", "private Ed25519 key in PEM, which signs the result")
    .addOption(publicKeyOption())
    .action(async (cluster, options) => {
      setExitCode(await (await load()).backupVerify(cluster, options));
    });

  placedCommand(backup, "backup proofs", [
    "postgres-recovery backup proofs harbor-cluster/harbor-cluster --public-key-file proofs.pub",
    "postgres-recovery backup proofs harbor-cluster/harbor-cluster --public-key-file proofs.pub -o json | jq '.entries[-1]'",
  ])
    .description(
      "list what was proven of the backups, when, and by whom: the signed entries beside them in S3; only reads. AWS credentials come from the environment or profile",
    )
    .addOption(publicKeyOption())
    .action(async (cluster, options) => {
      setExitCode(await (await import("./proofs.ts")).backupProofs(cluster, options));
    });
}

/** Adds `postgres-recovery backup fleet`. */
function addFleetCommand(backup: Command, setExitCode: (code: number) => void): void {
  stepCommand(backup, "backup fleet", watchedFormats, [
    "postgres-recovery backup fleet",
    "postgres-recovery backup fleet --context dev --stack dev --stack harbor",
    "postgres-recovery backup fleet --no-stacks -n calendar",
    "postgres-recovery backup fleet -o json | jq '.clusters[] | select(.watch.status == \"not-watched\") | .name'",
    "postgres-recovery backup fleet -o openmetrics",
  ])
    .description(
      "list the clusters of Crunchy PGO, the Zalando operator and CloudNativePG: their newest backups, to which moments they can be restored, what a loss now would cost, and which stack declares each; only reads",
    )
    .option("-n, --namespace <name>", "one namespace (default: all)")
    .addOption(
      new Option("--stack <name>", "compare with this stack; may be given more than once")
        .default<readonly string[]>([], "all stacks of the project here")
        .argParser((name: string, before: readonly string[]) => [...before, name]),
    )
    .option("--no-stacks", "do not ask which stack declares a cluster")
    .addOption(durationOption("--timeout <duration>", "how long one PGO cluster may take to answer", "30s"))
    .addOption(
      new Option("--concurrency <count>", "clusters asked at the same time").default(16).argParser(concurrencyArgument),
    )
    .addOption(
      new Option("--allow <flags>", `flags that do not count, separated by commas: ${flagCodes.join(", ")}`)
        .default<FlagCode[]>([], "none")
        .argParser(flagsArgument),
    )
    .action(async (options) => {
      setExitCode(await (await import("./fleet.ts")).backupFleet(options));
    });
}

function placedCommand(backup: Command, step: StepName, examples: readonly string[]) {
  return requestedStepCommand(backup, step, "HarborCluster", listFormats, examples)
    .option("--bucket <name>", "bucket of a lost database's backups (default: where the running database's Pods write)")
    .option("--region <region>", "with --bucket: its region")
    .option("--endpoint <url>", "with --bucket: http(s)://HOST[:PORT] of an S3-compatible store; never for AWS")
    .option("--bucket-owner <account>", "with --bucket: AWS account that it must belong to (default: any)")
    .option("--scope <folder>", "with --bucket: folder below spilo/ (default: the name of the postgresql resource)")
    .option("--uid <uid>", "with --bucket: UID of the lost postgresql resource")
    .option("--prefix <text>", "instead of --uid, for backups without one in their path: the text before the scope")
    .addOption(
      new Option("--postgres-version <major>", "with --bucket: PostgreSQL version of the backups")
        .default(12)
        .argParser(majorArgument),
    )
    .option("--no-version-in-path", "with --bucket: the backups are in wal/ itself (Spilo before 2.0-p2)")
    .option("--endpoint-url <url>", "address at which this machine reaches AWS S3, such as that of a VPC endpoint")
    .addOption(durationOption("--timeout <duration>", "how long listing S3 may take", "10m"));
}

function publicKeyOption() {
  return new Option(
    "--public-key-file <file>",
    "public Ed25519 key in PEM whose proofs count; may be given more than once",
  )
    .default(noTexts())
    .argParser((file: string, files: string[]) => [...files, file]);
}

function scheduleOption() {
  return new Option(
    "--schedule <cron>",
    "when base backups are made (default: BACKUP_SCHEDULE of the Pods, else 0 1 * * *)",
  );
}

function daysArgument(text: string): string {
  if (!/^[1-9]\d{0,3}d$/.test(text)) throw new InvalidArgumentError("expected a whole number of days, such as 30d");
  return text;
}

function majorArgument(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError("expected a major version such as 12");
  return Number(text);
}

import { Option, type Command } from "@commander-js/extra-typings";
import { flagCodes, type FlagCode } from "../../domain/stanza/flag-codes.ts";
import {
  concurrencyArgument,
  durationOption,
  flagsArgument,
  listFormats,
  requestedStepCommand,
  stepCommand,
  watchedFormats,
} from "../options.ts";

/** Adds `postgres-recovery stanza …`. */
export function addStanzaCommands(root: Command, setExitCode: (code: number) => void): void {
  const stanza = root.command("stanza").description("the pgBackRest stanza of Crunchy PGO clusters");

  stepCommand(stanza, "stanza list", watchedFormats, [
    "postgres-recovery stanza list",
    "postgres-recovery stanza list --context dev -n woven-passport",
    "postgres-recovery stanza list --stack dev",
    "postgres-recovery stanza list --watch --interval 5m",
    "postgres-recovery stanza list --allow no-schedule,backup-old",
    "postgres-recovery stanza list -o json | jq '.clusters[] | select(.verdict != \"okay\")'",
    "postgres-recovery stanza list -o openmetrics",
  ])
    .description("list every PostgresCluster with the state of its stanza and its backups; only reads")
    .addOption(durationOption("--timeout <duration>", "how long one cluster may take to answer", "30s"))
    .option("-n, --namespace <name>", "one namespace (default: all)")
    .option("--stack <name>", "a Pulumi stack: its context, and hints that know its targets")
    .option("-w, --watch", "repeat the list until it is interrupted")
    .addOption(durationOption("--interval <duration>", "pause between lists with --watch", "1m"))
    .addOption(
      new Option("--concurrency <count>", "clusters asked at the same time").default(16).argParser(concurrencyArgument),
    )
    .addOption(
      new Option("--allow <flags>", `flags that do not count, separated by commas: ${flagCodes.join(", ")}`)
        .default<FlagCode[]>([], "none")
        .argParser(flagsArgument),
    )
    .action(async (options) => {
      setExitCode(await (await import("./list.ts")).stanzaList(options));
    });

  requestedStepCommand(stanza, "stanza create", "PostgresCluster", listFormats, [
    "postgres-recovery stanza create calendar/calendar-db",
    "postgres-recovery stanza create calendar/calendar-db --dump-directory /backup",
    "postgres-recovery stanza create calendar/calendar-db --dump-directory s3://my-dumps/dev --bucket-owner 123456789012",
    "postgres-recovery stanza create calendar/calendar-db --skip-dump 'dumped an hour ago, see TICKET-1'",
    "postgres-recovery stanza create calendar/calendar-db --dry-run",
    "postgres-recovery stanza create calendar/calendar-db --first-backup",
  ])
    .description(
      "create one cluster's missing stanza: check, dump, create on the leader, confirm; an existing stanza is never changed",
    )
    .addOption(durationOption("--timeout <duration>", "how long each check of the stanza may take", "30s"))
    .option("--uid <uid>", "do nothing unless the PostgresCluster has this metadata.uid")
    .option("--dump-directory <directory>", "where the dump goes: a folder, or s3://BUCKET[/PREFIX]", "dumps")
    .option("--bucket-owner <account>", "AWS account that the bucket must belong to (default: that of the credentials)")
    .option("--kms-key <key>", "KMS key that encrypts the dump in S3 (default: the bucket's own encryption)")
    .option("--endpoint-url <url>", "address of an S3-compatible store or a VPC endpoint (default: AWS)")
    .option("--skip-dump <reason>", "take no dump, for this reason")
    .addOption(durationOption("--dump-timeout <duration>", "how long the dump may take", "1h"))
    .addOption(
      durationOption("--dump-max-age <duration>", "verify and use again an earlier dump that is not older", "1h"),
    )
    .addOption(durationOption("--create-timeout <duration>", "how long to keep trying to create the stanza", "10m"))
    .addOption(durationOption("--operator-timeout <duration>", "how long to wait for PGO to confirm", "2m"))
    .option(
      "--dry-run",
      "make every check and say what would be done, but change nothing; exit code 1 if something would be done",
    )
    .option("--first-backup", "if there is no backup, have PGO take one, and wait for it")
    .addOption(durationOption("--backup-timeout <duration>", "how long that backup may take", "2h"))
    .action(async (cluster, options) => {
      setExitCode(await (await import("./create.ts")).stanzaCreate(cluster, options));
    });
}

import { InvalidArgumentError, Option, type Command } from "commander";
import { harborPermissions } from "../../domain/harbor/permissions.ts";
import type { Permission } from "../../domain/kubernetes/permissions.ts";
import { recommendedImage } from "../../domain/spilo/image.ts";
import type { FingerprintOptions, PgHbaOptions, RollOptions, StatusOptions } from "./harbor.ts";
import { durationArgument, durationOption, withCommonOptions } from "../options.ts";
import type { RestoreCheckOptions } from "../restore/check.ts";

/** Adds `postgres-recovery restore …` and `postgres-recovery harbor …`. */
export function addHarborCommands(root: Command, setExitCode: (code: number) => void): void {
  const restore = root.command("restore").description("restoring Harbor's database from its backups in S3");
  withOperatorOptions(
    withHarborOptions(restore.command("check"), {
      permissions: harborPermissions["restore check"],
      examples: [
        "postgres-recovery restore check --suggest --bucket harbor-database-backups --region eu-west-2",
        "postgres-recovery restore check harbor-cluster/harbor-cluster --bucket harbor-database-backups --region eu-west-2 --uid 99e85b8a-3f92-4c86-8d42-5056348c1e7e",
        "postgres-recovery restore check harbor-cluster/harbor-cluster --bucket b --region eu-west-2 --uid … --target-time 2026-11-21T09:30:00+00:00",
        "postgres-recovery restore check --request - -o json < request.json",
      ],
    }),
  )
    .description(
      "look at everything that a restore rests upon, before anything is changed; only reads. AWS credentials come from the environment or profile",
    )
    .addOption(durationOption("--timeout <duration>", "for everything that is read of S3", "5m"))
    .option(
      "--suggest",
      "list the backups in the bucket, in the words of the setting `restore`; needs only --bucket, --region and --endpoint",
    )
    .option("--bucket <name>", "bucket of the backups to restore")
    .option("--region <region>", "its region")
    .option("--endpoint <url>", "http(s)://HOST[:PORT] of an S3-compatible store; never for AWS")
    .option("--scope <folder>", "folder below spilo/ (default: the name of the HarborCluster's postgresql resource)")
    .option("--uid <uid>", "UID of the lost postgresql resource")
    .option("--prefix <text>", "instead of --uid, for backups without one in their path: the text before the scope")
    .addOption(
      new Option("--postgres-version <major>", "PostgreSQL version of the backups")
        .argParser(majorArgument)
        .default(12),
    )
    .option("--no-version-in-path", "the backups lie in wal/ itself (Spilo before 2.0-p2)")
    .option(
      "--target-time <time>",
      "moment up to which is restored, with its offset from UTC (default: as far as the WAL goes)",
    )
    .option("--irsa-role-arn <arn>", "IAM role with which the Pods read the backups (default: keys in the pod Secret)")
    .option("--image <image>", "Spilo image of the new database", recommendedImage)
    .option("--backup-bucket <name>", "bucket of the new database's own backups (default: that of --bucket)")
    .action(async (cluster: string | undefined, options: RestoreCheckOptions) => {
      setExitCode(await (await import("../restore/check.ts")).restoreCheck(cluster, options));
    });

  const harbor = root.command("harbor").description("the database of a HarborCluster, on the Zalando operator");
  const load = () => import("./harbor.ts");
  withOperatorOptions(
    withHarborOptions(harbor.command("status"), {
      permissions: harborPermissions["harbor status"],
      examples: [
        "postgres-recovery harbor status harbor-cluster/harbor-cluster",
        "postgres-recovery harbor status harbor-cluster/harbor-cluster --no-backups -o json | jq -r .verdict",
      ],
    }),
  )
    .description(
      "everything around the database at a glance: resources, pg_hba, pod-config, Secrets, Pods, backups; only reads",
    )
    .option("--line <lines...>", "own lines of pg_hba, which stand before the runbook's nine", [])
    .option("--also <names...>", "further Secrets that should be there", [])
    .option("--no-backups", "do not look at the backups in S3")
    .action(async (cluster: string | undefined, options: StatusOptions) => {
      setExitCode(await (await load()).harborStatusCommand(cluster, options));
    });

  withHarborOptions(harbor.command("pg-hba"), {
    permissions: harborPermissions["harbor pg-hba"],
    examples: [
      "postgres-recovery harbor pg-hba harbor-cluster/harbor-cluster",
      "postgres-recovery harbor pg-hba harbor-cluster/harbor-cluster --line 'host all reporting 10.0.0.0/8 md5'",
    ],
  })
    .description(
      "put the whole list of pg_hba on the postgresql resource, also after the Harbor operator has reverted it; in place already, nothing is written",
    )
    .option("--line <lines...>", "own lines, which stand before the runbook's nine", [])
    .option("--image <image>", "write nothing unless the database has this image")
    .option("--external-url <url>", "write nothing unless the HarborCluster has this externalURL")
    .addOption(
      durationOption("--wait <duration>", "how long to wait for the Harbor operator to make the resource", "15m"),
    )
    .action(async (cluster: string | undefined, options: PgHbaOptions) => {
      setExitCode(await (await load()).harborPgHba(cluster, options));
    });

  withHarborOptions(harbor.command("fingerprint"), {
    permissions: harborPermissions["harbor fingerprint"],
    examples: ["postgres-recovery harbor fingerprint harbor-cluster/harbor-cluster --wait 15m"],
  })
    .description("print a text that changes when pg_hba has to be written anew; only reads")
    .option("--line <lines...>", "own lines, which stand before the runbook's nine", [])
    .addOption(
      new Option("--wait <duration>", "wait until the Harbor operator has made the database's resource").argParser(
        durationArgument,
      ),
    )
    .action(async (cluster: string | undefined, options: FingerprintOptions) => {
      setExitCode(await (await load()).harborFingerprint(cluster, options));
    });

  withHarborOptions(harbor.command("roll"), {
    permissions: harborPermissions["harbor roll"],
    examples: [
      "postgres-recovery harbor roll harbor-cluster/harbor-cluster",
      "postgres-recovery harbor roll harbor-cluster/harbor-cluster --pod-timeout 30m",
    ],
  })
    .description(
      "have the Pods made anew from the newest template: replicas, switchover, former leader; never while a clone is being recovered",
    )
    .addOption(
      durationOption(
        "--operator-timeout <duration>",
        "how long to wait for the Zalando operator to take pg_hba up",
        "5m",
      ),
    )
    .addOption(
      durationOption("--pod-timeout <duration>", "how long to wait for each thing that is to happen next", "10m"),
    )
    .action(async (cluster: string | undefined, options: RollOptions) => {
      setExitCode(await (await load()).harborRoll(cluster, options));
    });
}

function withOperatorOptions(command: Command): Command {
  return command
    .option("--operator-namespace <name>", "namespace of the Zalando operator and of pod-config", "harbor-operator-ns")
    .option("--pod-config <name>", "ConfigMap with the Pods' environment", "pod-config")
    .option("--pod-secret <name>", "Secret with the Pods' keys", "pod-secret")
    .option("--operator-config-map <name>", "ConfigMap that configures the Zalando operator (default: it is found out)")
    .option("--operator-configuration <name>", "OperatorConfiguration that configures it");
}

function withHarborOptions(
  command: Command,
  help: {
    readonly examples: readonly string[];
    readonly permissions: readonly Permission[];
    readonly timeout?: string;
  },
): Command {
  return withCommonOptions(command, help)
    .argument("[cluster]", "the HarborCluster, as NAMESPACE/NAME")
    .addOption(
      new Option("--request <source>", "read one JSON request from stdin instead of the arguments").choices(["-"]),
    );
}

function majorArgument(text: string): number {
  if (!/^\d{2}$/.test(text)) throw new InvalidArgumentError("expected a major version such as 12");
  return Number(text);
}

import type { Command } from "@commander-js/extra-typings";
import {
  durationOption,
  noTexts,
  optionalDurationOption,
  requestedStepCommand,
  resultFormats,
  watchedFormats,
} from "../options.ts";
import {
  operatorConfigMapOption,
  operatorConfigurationOption,
  operatorNamespaceOption,
  podConfigOption,
  podSecretOption,
} from "../operator-options.ts";

/** Adds `postgres-recovery harbor …`. */
export function addHarborCommands(root: Command, setExitCode: (code: number) => void): void {
  const harbor = root.command("harbor").description("the database of a HarborCluster, on the Zalando operator");
  const load = () => import("./harbor.ts");

  requestedStepCommand(harbor, "harbor status", "HarborCluster", watchedFormats, [
    "postgres-recovery harbor status harbor-cluster/harbor-cluster",
    "postgres-recovery harbor status harbor-cluster/harbor-cluster --no-backups -o json | jq -r .verdict",
    "postgres-recovery harbor status harbor-cluster/harbor-cluster -o openmetrics",
  ])
    .description(
      "show the state of the database: resources, pg_hba, pod-config, Secrets, Pods, archiving, backups; only reads",
    )
    .addOption(operatorNamespaceOption())
    .addOption(podConfigOption())
    .addOption(podSecretOption())
    .addOption(operatorConfigMapOption())
    .addOption(operatorConfigurationOption())
    .option("--line <lines...>", "your own pg_hba lines, placed before the runbook's nine", noTexts())
    .option("--also <names...>", "further Secrets that should exist", noTexts())
    .option("--no-backups", "do not look at the backups in S3")
    .option("--endpoint-url <url>", "address at which this machine reaches AWS S3, such as that of a VPC endpoint")
    .action(async (cluster, options) => {
      setExitCode(await (await load()).harborStatusCommand(cluster, options));
    });

  requestedStepCommand(harbor, "harbor pg-hba", "HarborCluster", resultFormats, [
    "postgres-recovery harbor pg-hba harbor-cluster/harbor-cluster",
    "postgres-recovery harbor pg-hba harbor-cluster/harbor-cluster --line 'host all reporting 10.0.0.0/8 md5'",
  ])
    .description(
      "write the whole pg_hba list to the postgresql resource, also after the Harbor operator has reverted it; writes nothing if the list is already in place",
    )
    .option("--line <lines...>", "your own pg_hba lines, placed before the runbook's nine", noTexts())
    .option("--image <image>", "write nothing unless the database has this image")
    .option("--external-url <url>", "write nothing unless the HarborCluster has this externalURL")
    .addOption(
      durationOption("--wait <duration>", "how long to wait for the Harbor operator to create the resource", "15m"),
    )
    .action(async (cluster, options) => {
      setExitCode(await (await load()).harborPgHba(cluster, options));
    });

  requestedStepCommand(harbor, "harbor fingerprint", "HarborCluster", resultFormats, [
    "postgres-recovery harbor fingerprint harbor-cluster/harbor-cluster --wait 15m",
  ])
    .description("print a text that changes when pg_hba has to be written again; only reads")
    .option("--line <lines...>", "your own pg_hba lines, placed before the runbook's nine", noTexts())
    .addOption(
      optionalDurationOption("--wait <duration>", "wait until the Harbor operator has created the database's resource"),
    )
    .action(async (cluster, options) => {
      setExitCode(await (await load()).harborFingerprint(cluster, options));
    });

  requestedStepCommand(harbor, "harbor environment", "HarborCluster", resultFormats, [
    "postgres-recovery harbor environment --request - < request.json",
  ])
    .description("compare pod-config and the pod Secret with the values of a request; shows no value; only reads")
    .action(async (cluster, options) => {
      setExitCode(await (await load()).harborEnvironment(cluster, options));
    });

  requestedStepCommand(harbor, "harbor roll", "HarborCluster", resultFormats, [
    "postgres-recovery harbor roll harbor-cluster/harbor-cluster",
    "postgres-recovery harbor roll harbor-cluster/harbor-cluster --dry-run",
    "postgres-recovery harbor roll harbor-cluster/harbor-cluster --yes --pod-timeout 30m",
  ])
    .description(
      "recreate the Pods that are from an older template or have old keys: replicas, switchover, former leader; never while a clone is being recovered",
    )
    .addOption(podSecretOption())
    .option("--dry-run", "only show which Pods would be deleted, and in which order")
    .option("-y, --yes", "do not ask before Pods are deleted")
    .addOption(
      durationOption(
        "--operator-timeout <duration>",
        "how long to wait for the Zalando operator to put pg_hba into the StatefulSet",
        "5m",
      ),
    )
    .addOption(durationOption("--pod-timeout <duration>", "how long each step of the roll may take", "10m"))
    .action(async (cluster, options) => {
      setExitCode(await (await load()).harborRoll(cluster, options));
    });
}

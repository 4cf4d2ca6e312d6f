import type { Command } from "@commander-js/extra-typings";
import { durationOption, noTexts, optionalDurationOption, requestedStepCommand } from "../options.ts";
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

  requestedStepCommand(harbor, "harbor status", "HarborCluster", [
    "postgres-recovery harbor status harbor-cluster/harbor-cluster",
    "postgres-recovery harbor status harbor-cluster/harbor-cluster --no-backups -o json | jq -r .verdict",
  ])
    .description(
      "everything around the database at a glance: resources, pg_hba, pod-config, Secrets, Pods, backups; only reads",
    )
    .addOption(operatorNamespaceOption())
    .addOption(podConfigOption())
    .addOption(podSecretOption())
    .addOption(operatorConfigMapOption())
    .addOption(operatorConfigurationOption())
    .option("--line <lines...>", "own lines of pg_hba, which stand before the runbook's nine", noTexts())
    .option("--also <names...>", "further Secrets that should be there", noTexts())
    .option("--no-backups", "do not look at the backups in S3")
    .action(async (cluster, options) => {
      setExitCode(await (await load()).harborStatusCommand(cluster, options));
    });

  requestedStepCommand(harbor, "harbor pg-hba", "HarborCluster", [
    "postgres-recovery harbor pg-hba harbor-cluster/harbor-cluster",
    "postgres-recovery harbor pg-hba harbor-cluster/harbor-cluster --line 'host all reporting 10.0.0.0/8 md5'",
  ])
    .description(
      "put the whole list of pg_hba on the postgresql resource, also after the Harbor operator has reverted it; in place already, nothing is written",
    )
    .option("--line <lines...>", "own lines, which stand before the runbook's nine", noTexts())
    .option("--image <image>", "write nothing unless the database has this image")
    .option("--external-url <url>", "write nothing unless the HarborCluster has this externalURL")
    .addOption(
      durationOption("--wait <duration>", "how long to wait for the Harbor operator to make the resource", "15m"),
    )
    .action(async (cluster, options) => {
      setExitCode(await (await load()).harborPgHba(cluster, options));
    });

  requestedStepCommand(harbor, "harbor fingerprint", "HarborCluster", [
    "postgres-recovery harbor fingerprint harbor-cluster/harbor-cluster --wait 15m",
  ])
    .description("print a text that changes when pg_hba has to be written anew; only reads")
    .option("--line <lines...>", "own lines, which stand before the runbook's nine", noTexts())
    .addOption(
      optionalDurationOption("--wait <duration>", "wait until the Harbor operator has made the database's resource"),
    )
    .action(async (cluster, options) => {
      setExitCode(await (await load()).harborFingerprint(cluster, options));
    });

  requestedStepCommand(harbor, "harbor roll", "HarborCluster", [
    "postgres-recovery harbor roll harbor-cluster/harbor-cluster",
    "postgres-recovery harbor roll harbor-cluster/harbor-cluster --pod-timeout 30m",
  ])
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
    .action(async (cluster, options) => {
      setExitCode(await (await load()).harborRoll(cluster, options));
    });
}

import type { Command } from "@commander-js/extra-typings";
import { durationOption, listFormats, requestedStepCommand } from "../options.ts";

/** Adds `postgres-recovery registry …`. */
export function addRegistryCommands(root: Command, setExitCode: (code: number) => void): void {
  const registry = root.command("registry").description("Harbor's registry, whose layers are in S3");

  requestedStepCommand(registry, "registry check", "HarborCluster", listFormats, [
    "postgres-recovery registry check harbor-cluster/harbor-cluster --bucket harbor-artifacts --region eu-west-2",
    "postgres-recovery registry check harbor-cluster/harbor-cluster --bucket b --region eu-west-2 -o json | jq '.blobs[].artifacts'",
  ])
    .description(
      "compare the layers that Harbor's database names with those in the bucket: what is missing cannot be pulled; only reads. AWS credentials come from the environment or profile",
    )
    .option("--bucket <name>", "bucket in which Harbor stores its artifacts")
    .option("--region <region>", "its region")
    .option("--endpoint <url>", "http(s)://HOST[:PORT] of an S3-compatible store; never for AWS")
    .option("--endpoint-url <url>", "address at which this machine reaches AWS S3, such as that of a VPC endpoint")
    .option("--bucket-owner <account>", "AWS account that the bucket must belong to (default: any)")
    .option("--root <folder>", "folder in the bucket that the registry uses, its `rootdirectory`", "")
    .option("--database <name>", "database with Harbor's tables", "core")
    .option("--digests", "also download every blob and compute its digest; takes as long as the network needs", false)
    .addOption(durationOption("--timeout <duration>", "how long reading may take", "30m"))
    .action(async (cluster, options) => {
      setExitCode(await (await import("./registry.ts")).registryCheck(cluster, options));
    });
}

import type { Command } from "@commander-js/extra-typings";
import { clusterArgument } from "../cluster-argument.ts";
import { durationOption, resultFormats, stepCommand } from "../options.ts";

/** Adds `postgres-recovery dump`. */
export function addDumpCommand(root: Command, setExitCode: (code: number) => void): void {
  stepCommand(root, "dump", resultFormats, [
    "postgres-recovery dump calendar/calendar-db",
    "postgres-recovery dump calendar/calendar-db --directory /backup -o json",
    "postgres-recovery dump calendar/calendar-db --directory s3://my-dumps/dev --bucket-owner 123456789012",
  ])
    .description("dump all databases of one cluster from its leader into a verified, compressed file")
    .argument("<cluster>", "NAMESPACE/CLUSTER", clusterArgument("PostgresCluster"))
    .option("--directory <directory>", "where the file goes: a folder, or s3://BUCKET[/PREFIX]", "dumps")
    .option("--bucket-owner <account>", "AWS account that the bucket must belong to (default: that of the credentials)")
    .option("--kms-key <key>", "KMS key that encrypts the dump in S3 (default: the bucket's own encryption)")
    .option("--endpoint-url <url>", "address of an S3-compatible store or a VPC endpoint (default: AWS)")
    .addOption(durationOption("--dump-timeout <duration>", "how long the dump may take", "1h"))
    .action(async (cluster, options) => {
      setExitCode(await (await import("./dump.ts")).dump(cluster, options));
    });
}

import { Option, type Command } from "commander";
import type { Permission } from "../../domain/kubernetes/permissions.ts";
import { secretsPermissions } from "../../domain/secrets/permissions.ts";
import { durationArgument, withCommonOptions } from "../options.ts";
import type { SecretsFingerprintOptions, SecretsOptions, SecretsRestoreOptions } from "./secrets.ts";

/** Adds `postgres-recovery secrets …`. */
export function addSecretsCommands(root: Command, setExitCode: (code: number) => void): void {
  const secrets = root
    .command("secrets")
    .description("the Secrets without which a restored Harbor database is of no use");
  // The AWS SDK is loaded only when a command runs.
  const load = () => import("./secrets.ts");

  withSecretsOptions(secrets.command("keep"), secretsPermissions["secrets keep"], [
    "postgres-recovery secrets keep harbor-cluster/harbor-cluster",
    "postgres-recovery secrets keep harbor-cluster/harbor-cluster --also registry-pull --region eu-west-2",
  ])
    .description(
      "copy the Secrets into AWS Secrets Manager; a new version only where the content changed, never one that is empty or odd",
    )
    .option("--region <region>", "region of AWS Secrets Manager (default: AWS_REGION, else that of the AWS profile)")
    .action(async (cluster: string | undefined, options: SecretsOptions) => {
      setExitCode(await (await load()).secretsKeep(cluster, options));
    });

  withSecretsOptions(secrets.command("restore"), secretsPermissions["secrets restore"], [
    "postgres-recovery secrets restore harbor-cluster/harbor-cluster",
    "postgres-recovery secrets restore harbor-cluster/harbor-cluster --uid 99e85b8a-3f92-4c86-8d42-5056348c1e7e",
  ])
    .description(
      "put the kept Secrets into the namespace before the HarborCluster is made; one that exists is never changed",
    )
    .option("--region <region>", "region of AWS Secrets Manager (default: AWS_REGION, else that of the AWS profile)")
    .option("--uid <uid>", "UID of the lost postgresql resource (default: the newest copies)")
    .action(async (cluster: string | undefined, options: SecretsRestoreOptions) => {
      setExitCode(await (await load()).secretsRestore(cluster, options));
    });

  withSecretsOptions(secrets.command("fingerprint"), secretsPermissions["secrets fingerprint"], [
    "postgres-recovery secrets fingerprint harbor-cluster/harbor-cluster --wait 15m",
  ])
    .description("print a text that changes with the Secrets' content; only reads, and only Kubernetes")
    .addOption(
      new Option("--wait <duration>", "wait until the operators have made all of them").argParser(durationArgument),
    )
    .action(async (cluster: string | undefined, options: SecretsFingerprintOptions) => {
      setExitCode(await (await load()).secretsFingerprint(cluster, options));
    });
}

function withSecretsOptions(
  command: Command,
  permissions: readonly Permission[],
  examples: readonly string[],
): Command {
  return withCommonOptions(command, { permissions, examples })
    .argument("[cluster]", "the HarborCluster, as NAMESPACE/NAME")
    .addOption(
      new Option("--request <source>", "read one JSON request from stdin instead of the arguments").choices(["-"]),
    )
    .option("--also <names...>", "further Secrets of the namespace", []);
}

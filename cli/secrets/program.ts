import type { Command } from "@commander-js/extra-typings";
import type { StepName } from "../../domain/steps/permissions.ts";
import {
  durationOption,
  listFormats,
  noTexts,
  optionalDurationOption,
  requestedStepCommand,
  resultFormats,
  type OutputFormat,
} from "../options.ts";

const regionHelp = "region of AWS Secrets Manager (default: AWS_REGION, else that of the AWS profile)";

const endpointUrlHelp = "address of AWS Secrets Manager, such as that of a VPC endpoint (default: AWS)";

/** Adds `postgres-recovery secrets …`. */
export function addSecretsCommands(root: Command, setExitCode: (code: number) => void): void {
  const secrets = root
    .command("secrets")
    .description("the Secrets that a restored Harbor database cannot be used without");
  // The AWS SDK is loaded only when a command runs.
  const load = () => import("./secrets.ts");
  const command = <Formats extends readonly [OutputFormat, ...OutputFormat[]]>(
    step: StepName,
    formats: Formats,
    examples: readonly string[],
  ) =>
    requestedStepCommand(secrets, step, "HarborCluster", formats, examples).option(
      "--also <names...>",
      "further Secrets of the namespace",
      noTexts(),
    );

  command("secrets keep", listFormats, [
    "postgres-recovery secrets keep harbor-cluster/harbor-cluster",
    "postgres-recovery secrets keep harbor-cluster/harbor-cluster --also registry-pull --region eu-west-2",
  ])
    .description(
      "copy the Secrets into AWS Secrets Manager; a new version only if the content changed, and never of an empty or malformed Secret",
    )
    .option("--region <region>", regionHelp)
    .option("--endpoint-url <url>", endpointUrlHelp)
    .action(async (cluster, options) => {
      setExitCode(await (await load()).secretsKeep(cluster, options));
    });

  command("secrets restore", listFormats, [
    "postgres-recovery secrets restore harbor-cluster/harbor-cluster",
    "postgres-recovery secrets restore harbor-cluster/harbor-cluster --uid 99e85b8a-3f92-4c86-8d42-5056348c1e7e",
  ])
    .description(
      "put the kept Secrets into the namespace before the HarborCluster is created; an existing Secret is never changed",
    )
    .option("--region <region>", regionHelp)
    .option("--endpoint-url <url>", endpointUrlHelp)
    .option(
      "--uid <uid>",
      "UID of the lost postgresql resource (default: the newest copies of this Kubernetes cluster)",
    )
    .addOption(
      durationOption("--wait <duration>", "how long the Zalando operator may take to delete the lost database", "15m"),
    )
    .action(async (cluster, options) => {
      setExitCode(await (await load()).secretsRestore(cluster, options));
    });

  command("secrets fingerprint", resultFormats, [
    "postgres-recovery secrets fingerprint harbor-cluster/harbor-cluster --wait 15m",
  ])
    .description("print a text that changes with the Secrets' content; only reads, and only from Kubernetes")
    .addOption(optionalDurationOption("--wait <duration>", "wait until the operators have created all of them"))
    .action(async (cluster, options) => {
      setExitCode(await (await load()).secretsFingerprint(cluster, options));
    });
}

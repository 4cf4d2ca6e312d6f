import { InvalidArgumentError, Option, type Command } from "@commander-js/extra-typings";
import { alarmChecks, metricsNamespace } from "../../domain/alarm/names.ts";
import { endpointUrlProblem } from "../../domain/aws/endpoint-url-problem.ts";
import { parseQueueUrl, queueUrlProblem, type Queue } from "../../domain/aws/queue-url.ts";
import { parseTopicArn, topicArnProblem, type Topic } from "../../domain/aws/topic-arn.ts";
import { durationOption, localCommand, noTexts } from "../options.ts";

const sendExamples = [
  "postgres-recovery stanza list -o json | postgres-recovery alarm send --topic arn:aws:sns:eu-west-2:123456789012:alerts",
  "postgres-recovery alarm send --webhook-file webhook-url report.json",
  'postgres-recovery stanza list -o json | postgres-recovery alarm send --metrics --check "stanza list" --cluster-name dev --region eu-west-2',
];
const testExamples = [
  "postgres-recovery alarm test --topic arn:aws:sns:eu-west-2:123456789012:alerts --queue https://sqs.eu-west-2.amazonaws.com/123456789012/alerts-proof",
  "postgres-recovery alarm test --webhook-file webhook-url",
];
const statusExamples = [
  "postgres-recovery alarm status --topic arn:aws:sns:eu-west-2:123456789012:alerts",
  "postgres-recovery alarm status --topic arn:aws:sns:eu-west-2:123456789012:alerts --max-age 26h -o json",
];
const endpointHelp = "address that answers for AWS's APIs (default: AWS)";
const webhookHelp = "file with a webhook's https URL and nothing else; may be repeated";

/** Adds `postgres-recovery alarm …`. */
export function addAlarmCommands(root: Command, setExitCode: (code: number) => void): void {
  const alarm = root.command("alarm").description("tell others what a check has found, and prove that it arrives");
  localCommand(alarm, "send", sendExamples)
    .description("send the result of stanza list or harbor status to SNS topics and webhooks, also when all is okay")
    .argument("[report]", "file with the JSON of the check; - is stdin", "-")
    .option("--topic <arn>", "SNS topic; may be repeated", topicsArgument, [])
    .option("--webhook-file <file>", webhookHelp, also, noTexts())
    .option("--metrics", "also store the results as metrics in CloudWatch; needs --check and --cluster-name")
    .addOption(
      new Option("--check <check>", "the check that made the report, also when it failed").choices(alarmChecks),
    )
    .option("--cluster-name <name>", "name of the Kubernetes cluster in message and metrics (default: the context)")
    .option("--region <region>", "region of the metrics (default: that of the first topic, else AWS_REGION or profile)")
    .option("--metrics-namespace <name>", "namespace of the metrics in CloudWatch", metricsNamespace)
    .option("--endpoint-url <url>", endpointHelp, endpointArgument)
    .action(async (report, options) => {
      setExitCode(await (await import("./send.ts")).alarmSend(report, options));
    });
  localCommand(alarm, "test", testExamples)
    .description("send a test the whole way, and wait until it arrives in a queue that subscribes to the topic")
    .option("--topic <arn>", "SNS topic", topicArgument)
    .option("--queue <url>", "SQS queue that subscribes to the topic", queueArgument)
    .option("--webhook-file <file>", webhookHelp, also, noTexts())
    .addOption(durationOption("--timeout <duration>", "how long the message may take until it arrives", "60s"))
    .option("--metrics-namespace <name>", "namespace in CloudWatch that records a proven delivery", metricsNamespace)
    .option("--no-record", "record nothing in CloudWatch")
    .option("--endpoint-url <url>", endpointHelp, endpointArgument)
    .action(async (options) => {
      setExitCode(await (await import("./test.ts")).alarmTest(options));
    });
  localCommand(alarm, "status", statusExamples)
    .description("when a delivery was last proven, and who gets the topic's messages; sends nothing")
    .requiredOption("--topic <arn>", "SNS topic", topicArgument)
    .addOption(durationOption("--max-age <duration>", "how old the last proven delivery may be", "2d"))
    .option("--metrics-namespace <name>", "namespace in CloudWatch that records proven deliveries", metricsNamespace)
    .option("--endpoint-url <url>", endpointHelp, endpointArgument)
    .action(async (options) => {
      setExitCode(await (await import("./status.ts")).alarmStatusOf(options));
    });
}

function also(text: string, others: readonly string[]): string[] {
  return [...others, text];
}

function topicsArgument(text: string, others: readonly Topic[]): Topic[] {
  return [...others, topicArgument(text)];
}

function topicArgument(text: string): Topic {
  const topic = parseTopicArn(text);
  if (topic === undefined) throw new InvalidArgumentError(topicArnProblem);
  return topic;
}

function queueArgument(text: string): Queue {
  const queue = parseQueueUrl(text);
  if (queue === undefined) throw new InvalidArgumentError(queueUrlProblem);
  return queue;
}

function endpointArgument(text: string): string {
  const problem = endpointUrlProblem(text);
  if (problem !== undefined) throw new InvalidArgumentError(problem);
  return text;
}

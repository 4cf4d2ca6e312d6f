import type { Command } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { endpointUrlProblem } from "../../domain/aws/endpoint-url.ts";
import { parseTopicArn, topicArnProblem, type Topic } from "../../domain/aws/topic-arn.ts";
import { localCommand, noTexts } from "../options.ts";

const sendExamples = [
  "postgres-recovery stanza list -o json | postgres-recovery alarm send --topic arn:aws:sns:eu-west-2:123456789012:alerts",
  "postgres-recovery alarm send --webhook-file webhook-url report.json",
];

/** Adds `postgres-recovery alarm …`. */
export function addAlarmCommands(root: Command, setExitCode: (code: number) => void): void {
  const alarm = root.command("alarm").description("tell others what a check has found");
  localCommand(alarm, "send", sendExamples)
    .description("send the result of stanza list or harbor status to webhooks and SNS topics, also when all is okay")
    .argument("[report]", "file with the JSON of the check; - is stdin", "-")
    .option("--topic <arn>", "SNS topic; may be repeated", topicsArgument, [])
    .option(
      "--webhook-file <file>",
      "file with a webhook's https URL and nothing else; may be repeated",
      also,
      noTexts(),
    )
    .option("--endpoint-url <url>", "address that answers for AWS's APIs (default: AWS)", endpointArgument)
    .action(async (report, options) => {
      setExitCode(await (await import("./send.ts")).alarmSend(report, options));
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

function endpointArgument(text: string): string {
  const problem = endpointUrlProblem(text);
  if (problem !== undefined) throw new InvalidArgumentError(problem);
  return text;
}

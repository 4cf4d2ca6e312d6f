import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type ComparisonOperator,
  type Statistic,
} from "@aws-sdk/client-cloudwatch";
import type { Properties } from "../property-diff.ts";
import { defined, list, object, optionalText, text } from "./resource-type.ts";
import type { Clients, ResourceType } from "./resource-type.ts";

/** aws.cloudwatch.MetricAlarm about one metric. Not imitated: metric queries, extended statistics, units, tags. */
export const metricAlarm: ResourceType = {
  inputs: [
    "actionsEnabled",
    "alarmActions",
    "alarmDescription",
    "comparisonOperator",
    "dimensions",
    "evaluationPeriods",
    "metricName",
    "name",
    "namespace",
    "okActions",
    "period",
    "statistic",
    "threshold",
    "treatMissingData",
  ],
  outputs: ["arn"],
  replaceOn: ["name"],
  autoName: "name",
  defaults: { actionsEnabled: true },

  async create(inputs, clients) {
    await put(inputs, clients);
    return text(inputs, "name");
  },

  async read(id, { cloudWatch }) {
    const { MetricAlarms: [found] = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [id] }));
    if (found === undefined) return undefined;
    const dimensions = (found.Dimensions ?? []).map(({ Name = "", Value = "" }) => [Name, Value] as const);
    const inputs = {
      actionsEnabled: found.ActionsEnabled,
      alarmActions: found.AlarmActions,
      alarmDescription: found.AlarmDescription,
      comparisonOperator: found.ComparisonOperator,
      dimensions: Object.fromEntries(dimensions),
      evaluationPeriods: found.EvaluationPeriods,
      metricName: found.MetricName,
      name: id,
      namespace: found.Namespace,
      okActions: found.OKActions,
      period: found.Period,
      statistic: found.Statistic,
      threshold: found.Threshold,
      treatMissingData: found.TreatMissingData,
    };
    return { inputs: defined(inputs), outputs: { arn: found.AlarmArn ?? "" } };
  },

  update: (_, inputs, clients) => put(inputs, clients),

  async delete(id, { cloudWatch }) {
    await cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: [id] }));
  },
};

async function put(inputs: Properties, { cloudWatch }: Clients): Promise<void> {
  const dimensions = object(inputs["dimensions"]);
  await cloudWatch.send(
    new PutMetricAlarmCommand({
      AlarmName: text(inputs, "name"),
      AlarmDescription: optionalText(inputs, "alarmDescription"),
      ActionsEnabled: inputs["actionsEnabled"] !== false,
      AlarmActions: list(inputs["alarmActions"]).map(String),
      OKActions: list(inputs["okActions"]).map(String),
      Namespace: optionalText(inputs, "namespace"),
      MetricName: optionalText(inputs, "metricName"),
      Dimensions: Object.keys(dimensions).map((Name) => ({ Name, Value: text(dimensions, Name) })),
      // The real provider passes on what the program says, too.
      Statistic: optionalText(inputs, "statistic") as Statistic | undefined,
      ComparisonOperator: text(inputs, "comparisonOperator") as ComparisonOperator,
      Threshold: Number(inputs["threshold"]),
      Period: Number(inputs["period"]),
      EvaluationPeriods: Number(inputs["evaluationPeriods"]),
      TreatMissingData: optionalText(inputs, "treatMissingData"),
    }),
  );
}

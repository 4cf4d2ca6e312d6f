import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchValue } from "../../domain/alarm/cloudwatch.ts";
import { endpointSettings } from "./endpoint.ts";
import { answered, requestLimits, type ServiceCodes } from "./service-error.ts";

/** The parts of AWS CloudWatch that alarms need. */
export interface CloudWatch {
  /** Stores values in a namespace. Several requests are made for more than a thousand. */
  put(namespace: string, values: readonly CloudWatchValue[]): Promise<void>;
  /** When the newest value of the last seven days came, to the minute; undefined when there is none. */
  newest(namespace: string, metric: Pick<CloudWatchValue, "name" | "dimensions">, now: Date): Promise<Date | undefined>;
}

const minuteSeconds = 60;
const daySeconds = 86_400;

/** CloudWatch takes no more in one request. */
const mostValues = 1000;

const codes: ServiceCodes = {
  name: "CloudWatch",
  missing: {},
  forbidden: {
    code: "cloudwatch-forbidden",
    next: "see the IAM policies in docs/alarm.md",
  },
  failed: "cloudwatch-failed",
};

/**
 * A client for CloudWatch, with the credentials that the AWS CLI would use.
 *
 * @param region default: AWS_REGION, else the region of the AWS profile.
 * @param endpoint address of CloudWatch. Default: AWS's own.
 */
export function connectCloudWatch(
  region: string | undefined,
  endpoint: string | undefined,
  signal: AbortSignal,
): CloudWatch {
  const client = new CloudWatchClient({
    ...(region !== undefined && { region }),
    ...endpointSettings(endpoint),
    requestHandler: requestLimits,
  });
  return {
    async newest(Namespace, { dimensions, name }, now) {
      const Metric = { Namespace, MetricName: name, Dimensions: dimensionsOf(dimensions) };
      const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
      const command = new GetMetricDataCommand({
        // Values have CloudWatch's time. It may be ahead of ours.
        StartTime: after(-7 * daySeconds),
        EndTime: after(daySeconds),
        ScanBy: "TimestampDescending",
        MetricDataQueries: [{ Id: "newest", MetricStat: { Metric, Period: minuteSeconds, Stat: "SampleCount" } }],
      });
      const ask = () => client.send(command, { abortSignal: signal });
      const { MetricDataResults: [result] = [] } = await answered(name, codes, signal, ask);
      return result?.Timestamps?.[0];
    },

    async put(Namespace, values) {
      for (let first = 0; first < values.length; first += mostValues) {
        const MetricData = values.slice(first, first + mostValues).map(datum);
        const command = new PutMetricDataCommand({ Namespace, MetricData });
        await answered(Namespace, codes, signal, () => client.send(command, { abortSignal: signal }));
      }
    },
  };
}

function datum({ dimensions, name, unit, value }: CloudWatchValue) {
  return { MetricName: name, Dimensions: dimensionsOf(dimensions), Value: value, Unit: unit };
}

function dimensionsOf(dimensions: CloudWatchValue["dimensions"]): { Name: string; Value: string }[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}

import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchValue } from "../../domain/alarm/cloudwatch.ts";
import { endpointSettings } from "./endpoint.ts";
import { answered, requestLimits, type ServiceCodes } from "./service-error.ts";

/** The parts of AWS CloudWatch that alarms need. */
export interface CloudWatch {
  /** Stores values in a namespace. Several requests are made for more than a thousand. */
  put(namespace: string, values: readonly CloudWatchValue[]): Promise<void>;
}

/** CloudWatch takes no more in one request. */
const mostValues = 1000;

const codes: ServiceCodes = {
  name: "CloudWatch",
  missing: {},
  forbidden: {
    code: "cloudwatch-forbidden",
    next: "allow cloudwatch:PutMetricData: see the IAM policy in docs/alarm.md",
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
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { MetricName: name, Dimensions, Value: value, Unit: unit };
}

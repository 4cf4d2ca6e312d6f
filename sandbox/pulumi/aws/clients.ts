import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { IAMClient } from "@aws-sdk/client-iam";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import type { Clients } from "./resource-type.ts";

/** Parses nested values of a provider's configuration, which arrive as JSON text. */
function json<T>(schema: z.ZodType<T>) {
  return z.string().transform((text) => schema.parse(JSON.parse(text)));
}

const endpoints = z.array(
  z.object({
    s3: z.string().optional(),
    secretsmanager: z.string().optional(),
    iam: z.string().optional(),
    sns: z.string().optional(),
    sqs: z.string().optional(),
    cloudwatch: z.string().optional(),
  }),
);
const configuration = z.object({
  region: z.string().optional(),
  accessKey: z.string().optional(),
  secretKey: z.string().optional(),
  endpoints: json(endpoints).default([]),
});

/**
 * The clients for a provider's configuration, by region (by default the provider's own). What the configuration leaves out
 * comes from the same sources as in the SDK and the real provider: AWS_REGION, AWS_ENDPOINT_URL and similar variables, and
 * the usual chain of credentials.
 */
export function configuredClients(args: unknown): (region: string | undefined) => Clients {
  const {
    accessKey,
    secretKey,
    region: ownRegion = process.env["AWS_REGION"],
    endpoints: given,
  } = configuration.parse(args);
  const endpointOf = (service: keyof z.infer<typeof endpoints>[number]) => {
    const endpoint = given.find((named) => named[service] !== undefined)?.[service];
    return endpoint === undefined ? {} : { endpoint };
  };
  const made = new Map<string, Clients>();
  return (region = ownRegion) => {
    if (region === undefined) throw new Error("the AWS provider needs a region: set aws:region or AWS_REGION");
    const credentials =
      accessKey !== undefined && secretKey !== undefined
        ? { credentials: { accessKeyId: accessKey, secretAccessKey: secretKey } }
        : {};
    const common = { region, ...credentials };
    const clients = made.get(region) ?? {
      region,
      s3: new S3Client({ ...common, ...endpointOf("s3"), forcePathStyle: true }),
      secretsManager: new SecretsManagerClient({ ...common, ...endpointOf("secretsmanager") }),
      iam: new IAMClient({ ...common, ...endpointOf("iam") }),
      sns: new SNSClient({ ...common, ...endpointOf("sns") }),
      sqs: new SQSClient({ ...common, ...endpointOf("sqs") }),
      cloudWatch: new CloudWatchClient({ ...common, ...endpointOf("cloudwatch") }),
    };
    made.set(region, clients);
    return clients;
  };
}

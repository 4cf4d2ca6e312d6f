import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SNSClient } from "@aws-sdk/client-sns";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Properties, PropertyValue } from "../property-diff.ts";

/** The AWS SDK's clients, as the provider's configuration set them up. */
export interface Clients {
  region: string;
  s3: S3Client;
  secretsManager: SecretsManagerClient;
  iam: IAMClient;
  sns: SNSClient;
  sqs: SQSClient;
  cloudWatch: CloudWatchClient;
}

/** A resource as AWS has it. */
export interface Live {
  /** Properties that a program can set. */
  inputs: Properties;
  /** Properties that only AWS sets. */
  outputs: Properties;
}

/** The part of a `pulumi-resource-aws` type that this project uses. */
export interface ResourceType {
  /** Every property that a program may set. Others are refused. */
  inputs: readonly string[];
  /** Properties that only AWS sets: unknown in the preview of a create. */
  outputs: readonly string[];
  /** Properties whose change replaces the resource. */
  replaceOn: readonly string[];
  /** The property whose name is generated if the program gives none. */
  autoName?: "bucket" | "name";
  /** What the provider fills in for properties that the program leaves out. */
  defaults?: Properties;
  /** Creates the resource and returns its id. */
  create(inputs: Properties, clients: Clients): Promise<string>;
  /** Undefined if the resource is gone. */
  read(id: string, clients: Clients): Promise<Live | undefined>;
  /** Changes the resource to match `inputs`. */
  update(id: string, inputs: Properties, clients: Clients, olds: Properties): Promise<void>;
  /** Also resolves if the resource was already gone. */
  delete(id: string, clients: Clients, state: Properties): Promise<void>;
}

/** A text property, or "" if it is absent. */
export function text(properties: Properties, name: string): string {
  const value = properties[name];
  return typeof value === "string" ? value : "";
}

/** A text property that may be absent. */
export function optionalText(properties: Properties, name: string): string | undefined {
  return text(properties, name) === "" ? undefined : text(properties, name);
}

/** An object property, or {} if it is absent. */
export function object(value: PropertyValue | undefined): Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** A list property, or [] if it is absent. */
export function list(value: PropertyValue | undefined): PropertyValue[] {
  return Array.isArray(value) ? value : [];
}

/** Drops undefined properties, which the wire format cannot express. */
export function defined(properties: Record<string, PropertyValue | undefined>): Properties {
  const result: Properties = {};
  for (const [name, value] of Object.entries(properties)) if (value !== undefined) result[name] = value;
  return result;
}

/** A resource's tags in the SDK's form. */
export function tagList(inputs: Properties): { Key: string; Value: string }[] {
  const tags = object(inputs["tags"]);
  return Object.keys(tags).map((Key) => ({ Key, Value: text(tags, Key) }));
}

/** AWS's tags as a property, or undefined if there are none. */
export function tagProperties(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Properties | undefined {
  if (tags === undefined || tags.length === 0) return undefined;
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** The answer, or undefined if AWS reports with one of these error names that the resource does not exist. */
export async function unlessMissing<T>(request: Promise<T>, ...names: string[]): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined;
    throw error;
  }
}

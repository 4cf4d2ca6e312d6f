import type { IAMClient } from "@aws-sdk/client-iam";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Properties, PropertyValue } from "../property-diff.ts";

/** The AWS SDK's clients, as the provider's configuration set them up. */
export interface Clients {
  region: string;
  s3: S3Client;
  secretsManager: SecretsManagerClient;
  iam: IAMClient;
}

/** A resource as AWS has it. */
export interface Live {
  /** Properties that a program can set. */
  inputs: Properties;
  /** Properties that only AWS sets. */
  outputs: Properties;
}

/** One type of `pulumi-resource-aws`, as far as this project uses it. */
export interface ResourceType {
  /** Every property that a program may set here; others are refused. */
  inputs: readonly string[];
  /** Properties that only AWS sets: unknown in the preview of a create. */
  outputs: readonly string[];
  /** Properties whose change makes a new resource. */
  replaceOn: readonly string[];
  /** Name that is made up when the program gives none. */
  autoName?: "bucket" | "name";
  /** What the provider fills in where the program says nothing. */
  defaults?: Properties;
  /** Makes it and returns its id. */
  create(inputs: Properties, clients: Clients): Promise<string>;
  /** Undefined when it is gone. */
  read(id: string, clients: Clients): Promise<Live | undefined>;
  /** Brings it to `inputs`. */
  update(id: string, inputs: Properties, clients: Clients, olds: Properties): Promise<void>;
  /** Resolves when it was gone already, too. */
  delete(id: string, clients: Clients, state: Properties): Promise<void>;
}

/** A text property; "" when it is absent. */
export function text(properties: Properties, name: string): string {
  const value = properties[name];
  return typeof value === "string" ? value : "";
}

/** A text property that may be absent. */
export function optionalText(properties: Properties, name: string): string | undefined {
  return text(properties, name) === "" ? undefined : text(properties, name);
}

/** An object property; {} when it is absent. */
export function object(value: PropertyValue | undefined): Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** A list property; [] when it is absent. */
export function list(value: PropertyValue | undefined): PropertyValue[] {
  return Array.isArray(value) ? value : [];
}

/** Without what is undefined, which the wire format does not know. */
export function defined(properties: Record<string, PropertyValue | undefined>): Properties {
  const result: Properties = {};
  for (const [name, value] of Object.entries(properties)) if (value !== undefined) result[name] = value;
  return result;
}

/** The tags of a resource, in the form of the SDK. */
export function tagList(inputs: Properties): { Key: string; Value: string }[] {
  const tags = object(inputs["tags"]);
  return Object.keys(tags).map((Key) => ({ Key, Value: text(tags, Key) }));
}

/** Tags of AWS as a property; undefined when there are none. */
export function tagProperties(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Properties | undefined {
  if (tags === undefined || tags.length === 0) return undefined;
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** The answer, or undefined when AWS says by one of these error names that the thing is not there. */
export async function unlessMissing<T>(request: Promise<T>, ...names: string[]): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined;
    throw error;
  }
}

import { isDeepStrictEqual } from "node:util";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

/** A JSON value as the engine sends it. */
export type PropertyValue = null | boolean | number | string | PropertyValue[] | { [key: string]: PropertyValue };
export type Properties = Record<string, PropertyValue>;

/** Markers of the engine's wire format (sdk/go/common/resource/properties.go in Pulumi). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** A string output that is unknown until the command has run. */
export const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type ChangeKind = "add" | "delete" | "update";

export function propertiesOf(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

export function structOf(properties: Properties): Struct {
  return structs.Struct.fromJavaScript(properties);
}

/** The value with its secret wrappers removed at every depth. */
export function revealed(value: PropertyValue): PropertyValue {
  if (Array.isArray(value)) return value.map(revealed);
  if (!isObject(value)) return value;
  if (isSecret(value)) return revealed(value["value"] ?? null);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item)]));
}

/** The smallest changed parts by property path, such as `environment.HOME` or `triggers[0]`. */
export function changedPaths(olds: Properties, news: Properties): Map<string, ChangeKind> {
  const changes = new Map<string, ChangeKind>();
  compareObjects("", olds, news, changes);
  return changes;
}

function compareObjects(prefix: string, olds: Properties, news: Properties, changes: Map<string, ChangeKind>): void {
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    compare(childPath(prefix, key), olds[key], news[key], changes);
  }
}

function compare(
  path: string,
  old: PropertyValue | undefined,
  new_: PropertyValue | undefined,
  changes: Map<string, ChangeKind>,
): void {
  const [before, after] = [old ?? undefined, new_ ?? undefined];
  if (isDeepStrictEqual(before, after)) return;
  if (before === undefined) changes.set(path, "add");
  else if (after === undefined) changes.set(path, "delete");
  // Nothing inside of a secret is named. A value that becomes a secret, or is one no longer, has changed, too.
  else if (isSecret(before) || isSecret(after)) changes.set(path, "update");
  else if (Array.isArray(before) && Array.isArray(after)) {
    for (let i = 0; i < Math.max(before.length, after.length); i++)
      compare(`${path}[${i}]`, before[i], after[i], changes);
  } else if (isObject(before) && isObject(after)) compareObjects(path, before, after, changes);
  else changes.set(path, "update");
}

function childPath(prefix: string, key: string): string {
  if (!/^[\w$]+$/.test(key)) return `${prefix}[${JSON.stringify(key)}]`;
  return prefix === "" ? key : `${prefix}.${key}`;
}

function isSecret(value: PropertyValue): boolean {
  return isObject(value) && value[signatureKey] === secretSignature;
}

function isObject(value: PropertyValue): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

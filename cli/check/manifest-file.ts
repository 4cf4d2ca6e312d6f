import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import type { Document, DocumentOptions, SchemaOptions } from "yaml";
import type { Finding } from "../../domain/finding.ts";
import { kubernetesObjectSchema, type KubernetesObject } from "../../domain/check/manifest.ts";
import { syntaxMessage } from "../../settings/yaml-mistakes.ts";

/** An object of a manifest. */
export interface LocatedObject {
  readonly object: KubernetesObject;
  /** The line where a finding about the object is, from 1: that of the value if the finding names one, else the object's. */
  readonly lineOf: (finding: Finding) => number;
}

/** What a file of manifests holds. */
export interface ManifestFile {
  readonly objects: readonly LocatedObject[];
  /** Everything that cannot be read. No message quotes the file, which may hold secrets. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/**
 * Kubernetes reads YAML 1.1, in which `yes` is true and not a text. It takes moments and numbers with colons for texts.
 */
const kubernetesYaml: DocumentOptions & SchemaOptions = {
  version: "1.1",
  merge: true,
  customTags: (tags) => tags.filter((tag) => typeof tag === "string" || !isTime(tag)),
};

function isTime({ tag, format }: { readonly tag: string; readonly format?: string }): boolean {
  return tag === "tag:yaml.org,2002:timestamp" || format === "TIME";
}

/**
 * Reads a text with any number of documents. A List counts as the objects in it.
 *
 * @example manifestFile("apiVersion: v1\nkind: ConfigMap").objects[0]?.object.kind // → "ConfigMap"
 */
export function manifestFile(text: string): ManifestFile {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { ...kubernetesYaml, lineCounter: lines, prettyErrors: false });
  const documents = "empty" in parsed ? [] : parsed;
  const lineAt = (offset: number): number => Math.max(lines.linePos(offset).line, 1);
  const broken = documents.flatMap(({ errors }) =>
    errors.map(({ code, pos: [offset] }) => ({ line: lineAt(offset), message: syntaxMessage(code) })),
  );
  if (broken.length > 0) return { objects: [], problems: broken };
  const found = documents.flatMap((document) => itemsIn(document, lineAt));
  const objects = found.flatMap((item) => ("object" in item ? [item] : []));
  return { objects, problems: found.flatMap((item) => ("message" in item ? [item] : [])) };
}

type Item = LocatedObject | { readonly line: number; readonly message: string };

function itemsIn(document: Document.Parsed, lineAt: (offset: number) => number): Item[] {
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return [];
  return objectsIn(value).map(({ path, value: each }): Item => {
    const lineOfPath = (more: readonly string[]): number => lineAt(offsetOf(document, [...path, ...more]));
    const { data } = kubernetesObjectSchema.safeParse(each);
    if (data === undefined)
      return { line: lineOfPath([]), message: "is not a Kubernetes object: it has no apiVersion and kind" };
    return { object: data, lineOf: (finding) => lineOfPath(placeIn(data, finding)) };
  });
}

interface ValueAt {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** The object, or those of a List: `List`, `ConfigMapList` and so on have items, and nothing else of an object. */
function objectsIn(value: unknown): ValueAt[] {
  const { data } = kubernetesObjectSchema.safeParse(value);
  const items = data?.kind.endsWith("List") === true ? data["items"] : undefined;
  if (!Array.isArray(items)) return [{ path: [], value }];
  return items.map((item: unknown, index) => ({ path: ["items", String(index)], value: item }));
}

/** The value that a finding is about, as far as it names one. */
function placeIn({ kind }: KubernetesObject, { code, where }: Finding): string[] {
  if (code.startsWith("image-")) {
    return kind === "HarborCluster"
      ? ["spec", "database", "spec", "zlandoPostgreSql", "image"]
      : ["spec", "dockerImage"];
  }
  if (code.startsWith("pg-hba-")) return ["spec", "patroni", "pg_hba"];
  return kind === "ConfigMap" ? ["data", where.slice(where.lastIndexOf(" ") + 1)] : [];
}

/** The place of the key at a path; where the path ends early, of the last key that exists. */
function offsetOf(document: Document.Parsed, path: readonly string[]): number {
  let offset = document.contents?.range[0] ?? 0;
  let node: unknown = document.contents;
  for (const part of path) {
    const step = stepInto(isAlias(node) ? node.resolve(document) : node, part);
    if (step === undefined) return offset;
    offset = step.offset ?? offset;
    node = step.node;
  }
  return offset;
}

function stepInto(
  node: unknown,
  part: string,
): { readonly node: unknown; readonly offset: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)];
    return item === undefined ? undefined : { node: item, offset: startOf(item) };
  }
  const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === part) : undefined;
  return pair && { node: pair.value, offset: startOf(pair.key) };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

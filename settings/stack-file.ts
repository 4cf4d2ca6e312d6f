import { isDeepStrictEqual } from "node:util";
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, Scalar, visit } from "yaml";
import type { Document, Node, Pair } from "yaml";
import { z } from "zod";
import { writtenByGo } from "../domain/restore/bare-moment.ts";
import { syntaxMessage } from "./yaml-mistakes.ts";

/** A place in a file; both numbers count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The value at a path, which begins with the configuration key, or a key of the mapping there. */
export interface Place {
  readonly path: readonly PropertyKey[];
  readonly key?: string;
}

/** A stack file, as Pulumi's engine reads it, with the position of every value. */
export interface StackFile {
  /** Mistakes in the YAML itself. If there are any, nothing else of the file is known. */
  readonly syntaxProblems: readonly (Position & { readonly message: string })[];
  /** The project's values by their key without the prefix, each as the text that Pulumi passes on. */
  readonly values: ReadonlyMap<string, string>;
  /** Keys of other projects and of providers, with their prefix. */
  readonly otherKeys: readonly string[];
  /** Paths of encrypted values, whose content is not known. */
  readonly encrypted: readonly (readonly PropertyKey[])[];
  /** Whether values may also come from Pulumi ESC. */
  readonly hasEnvironments: boolean;
  /** Where a place is. For a value that is missing: the key that should have it, or the beginning of the file. */
  positionOf(place: Place): Position;
}

const contentSchema = z.object({
  config: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((config) => config ?? {}),
  environment: z.unknown().optional(),
});
const noValues = { values: new Map(), otherKeys: [], encrypted: [], hasEnvironments: false };

/**
 * Reads the text of `Pulumi.<stack>.yaml`.
 *
 * @param project the project's name, which is the prefix of its keys. Pulumi also takes a key without any prefix for its own.
 */
export function readStackFile(text: string, project: string): StackFile {
  const lines = new LineCounter();
  // The library's own messages quote the file, which may hold secrets.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const config = { document, nameOf: (key: string) => ownName(key, project) };
  const file = { positionOf: (place: Place) => positionAt(offsetOf(place, config)) };
  if (document.errors.length > 0) {
    const syntaxProblems = document.errors.map(({ code, pos: [offset] }) => ({
      message: syntaxMessage(code),
      ...positionAt(offset),
    }));
    return { ...file, ...noValues, syntaxProblems };
  }
  const encrypted = hideCiphertexts(document).flatMap(([root, key, ...rest]) =>
    root === "config" && typeof key === "string" ? [[ownName(key, project) ?? key, ...rest]] : [],
  );
  const content = contentSchema.safeParse(withoutBareMoments(document).toJS() ?? {}).data;
  if (content === undefined) {
    const message = "must be a mapping that has config:, with one key below it for each part";
    return { ...file, ...noValues, syntaxProblems: [{ message, ...positionAt(0) }] };
  }
  const entries = Object.entries(content.config).map(([key, value]) => [ownName(key, project), key, value] as const);
  return {
    ...file,
    syntaxProblems: [],
    values: new Map(entries.flatMap(([own, , value]) => (own === undefined ? [] : [[own, textOf(value)]]))),
    otherKeys: entries.flatMap(([own, key]) => (own === undefined ? [key] : [])),
    encrypted,
    hasEnvironments: content.environment !== undefined,
  };
}

/**
 * Where problems are in a stack file, such as `Pulumi.dev.yaml:9:5`. Not known for a key that Pulumi got from elsewhere, such
 * as another file or Pulumi ESC.
 *
 * @param values those that Pulumi uses, by their key without the prefix.
 */
export function placesIn(
  file: StackFile,
  { name, values }: { readonly name: string; readonly values: ReadonlyMap<string, string> },
): (place: Place) => string | undefined {
  return (place) => {
    if (!hasTheseValues(file, values, place)) return undefined;
    const { column, line } = file.positionOf(place);
    return `${name}:${line}:${column}`;
  };
}

/** What is encrypted cannot be compared. */
function hasTheseValues(file: StackFile, values: ReadonlyMap<string, string>, { path: [key] }: Place): boolean {
  if (typeof key !== "string" || file.encrypted.some(([hidden]) => hidden === key)) return true;
  return isDeepStrictEqual(parsed(file.values.get(key)), parsed(values.get(key)));
}

/** Pulumi sorts the keys of a mapping. */
function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return text;
  }
}

/** The key without the project's name; undefined for a key of something else. */
function ownName(key: string, project: string): string | undefined {
  if (!key.includes(":")) return key;
  // The form with `config` is that of old versions of Pulumi, which it still reads.
  if (!key.startsWith(`${project}:`)) return undefined;
  return key.slice(project.length + 1).replace(/^config:/, "");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Replaces every `secure: CIPHERTEXT` by a text, and returns where they were. */
function hideCiphertexts(document: Document.Parsed): PropertyKey[][] {
  const found: PropertyKey[][] = [];
  visit(document, {
    Map(index, map, ancestors) {
      const [only, ...others] = map.items;
      const isCiphertext = only !== undefined && others.length === 0 && nameIn(only) === "secure";
      if (!isCiphertext || !isScalar(only.value) || typeof only.value.value !== "string") return undefined;
      found.push(pathOf(index, ancestors));
      const hidden = new Scalar("encrypted");
      Object.assign(hidden, { range: map.range });
      return hidden;
    },
  });
  return found;
}

/** Go's YAML takes a moment without quotes for a date, and Pulumi passes it on in another form. */
function withoutBareMoments(document: Document.Parsed): Document.Parsed {
  visit(document, {
    Scalar(_, scalar) {
      if (scalar.type !== Scalar.PLAIN || scalar.source === undefined) return;
      scalar.value = writtenByGo(scalar.source) ?? scalar.value;
    },
  });
  return document;
}

/** @param index of the node in the list that holds it, if one does. */
function pathOf(index: unknown, ancestors: readonly unknown[]): PropertyKey[] {
  return ancestors.flatMap((node, depth): PropertyKey[] => {
    if (isPair(node)) return [nameIn(node)];
    if (!isSeq(node)) return [];
    const child = ancestors[depth + 1];
    return [child === undefined ? Number(index) : node.items.indexOf(child)];
  });
}

/** The name of a key; empty for one that is a mapping or a list. */
function nameIn({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

interface Within {
  readonly document: Document.Parsed;
  /** The name in a place for a key of the configuration as it is written. */
  readonly nameOf: (key: string) => string | undefined;
}

function offsetOf({ path, key }: Place, { document, nameOf }: Within): number {
  const isNamed = (depth: number, wanted: unknown) => (name: string) =>
    name === wanted || (depth === 0 && nameOf(name) === wanted);
  let offset = 0;
  let value: unknown = followed(document, document.get("config", true));
  for (const [depth, part] of path.entries()) {
    const found = isSeq(value) ? value.items[Number(part)] : pairIn(value, isNamed(depth, part));
    if (found === undefined) return offset;
    offset = startOf(found);
    value = followed(document, isPair(found) ? found.value : found);
  }
  const pair = key === undefined ? undefined : pairIn(value, isNamed(path.length, key));
  return pair === undefined ? offset : startOf(pair.key);
}

/** An alias stands for what its anchor names. */
function followed(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function pairIn(mapping: unknown, matches: (name: string) => boolean): Pair | undefined {
  return isMap(mapping) ? mapping.items.find((pair) => matches(nameIn(pair))) : undefined;
}

/** Where a person looks for a value: at a text or a number itself, at a mapping or a list by its key. */
function startOf(node: unknown): number {
  if (isPair(node)) return startOf(isScalar(node.value) ? node.value : node.key);
  return (node as Node).range?.[0] ?? 0;
}

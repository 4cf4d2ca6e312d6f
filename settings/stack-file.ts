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
  const config = { document, root: ["config"], nameOf: (key: string) => ownName(key, project) };
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

/** Whether the file has the values that Pulumi uses, as far as the key of a place is concerned. */
export function isFrom(file: StackFile, values: ReadonlyMap<string, string>, { path: [key] }: Place): boolean {
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
  const [, name] =
    /^(?:config:)?([^:]*)$/.exec(key.startsWith(`${project}:`) ? key.slice(project.length + 1) : ":") ?? [];
  return name === "" ? undefined : name;
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
      hidden.range = map.range ?? null;
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
    if (isPair(node)) return [nameIn(node) ?? ""];
    if (!isSeq(node)) return [];
    const child = ancestors[depth + 1];
    return [child === undefined ? Number(index) : node.items.indexOf(child)];
  });
}

function nameIn({ key }: Pair): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

interface Within {
  readonly document: Document.Parsed;
  /** Path of the mapping with the configuration's keys. */
  readonly root: readonly string[];
  /** The name in a place for a key as it is written there; undefined when no place can mean it. */
  readonly nameOf: (key: string) => string | undefined;
}

function offsetOf({ path, key }: Place, { document, root, nameOf }: Within): number {
  let mapping: Node | null = document.contents;
  for (const name of root) mapping = followed(document, pairNamed(document, mapping, name)?.value);
  let offset = 0;
  let value: Node | null = mapping;
  for (const [depth, part] of path.entries()) {
    const named = depth === 0 ? firstPair(value, (name) => nameOf(name) === part) : undefined;
    const pair = named ?? pairNamed(document, value, part);
    const item = isSeq(value) && typeof part === "number" ? (value.items[part] as Node | undefined) : undefined;
    if (pair === undefined && item === undefined) return offset;
    const next = pair === undefined ? (item ?? null) : (pair.value as Node | null);
    offset = startOf(next) ?? startOf(pair?.key) ?? offset;
    if (isMap(next) || isSeq(next)) offset = startOf(pair?.key) ?? offset;
    value = followed(document, next);
  }
  if (key === undefined) return offset;
  const isKey = (name: string): boolean => name === key || (path.length === 0 && nameOf(name) === key);
  return startOf(firstPair(value, isKey)?.key) ?? offset;
}

/** An alias stands for what its anchor names. */
function followed(document: Document, node: unknown): Node | null {
  if (isAlias(node)) return node.resolve(document) ?? null;
  return (node as Node | null | undefined) ?? null;
}

function pairNamed(document: Document, node: unknown, part: PropertyKey): Pair | undefined {
  return firstPair(followed(document, node), (name) => name === String(part));
}

function firstPair(node: Node | null, matches: (name: string) => boolean): Pair | undefined {
  const pairs = isMap(node) ? node.items : [];
  return pairs.find((pair) => matches(nameIn(pair) ?? ""));
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}

import { isDeepStrictEqual } from "node:util";
import { isMap, isScalar, isSeq, parseDocument, stringify } from "yaml";
import type { Document, Node, Pair, YAMLMap } from "yaml";
import { RecoveryError } from "../domain/errors.ts";

/**
 * A change of one place in a stack file. `path` begins with the configuration key without its prefix, such as
 * `["harbor", "restore"]`.
 */
export type StackEdit =
  | { readonly kind: "set"; readonly path: readonly [string, ...string[]]; readonly value: unknown }
  | { readonly kind: "remove"; readonly path: readonly [string, ...string[]] }
  | { readonly kind: "append"; readonly path: readonly [string, ...string[]]; readonly items: readonly unknown[] };

/**
 * The text of a stack file after an edit. Every other line stays as it is, with its comments and its form.
 *
 * The text is cut and joined instead of written anew from the parsed file, because the library's writer also changes lines
 * that nobody edited: it folds, it indents, and it quotes in its own way. Then both texts are parsed and compared, so a
 * wrong cut is an error and never a wrong file.
 *
 * @param project the project's name, which is the prefix of its keys.
 * @throws RecoveryError `stack-not-editable` when the place is written in a form that cannot be edited line by line, such as
 *   `harbor: { … }`, an alias, or tabs.
 */
export function editedStackFile(text: string, project: string, edit: StackEdit): string {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = withNewlineAtEnd(text, newline);
  const document = parsedFile(lines);
  const path = keysOf(document, project, edit.path);
  const result = editedText({ text: lines, document, newline }, { ...edit, path });
  const [wanted, written] = [expected(lines, { ...edit, path }), parsedFile(result).toJS() as unknown];
  if (!isDeepStrictEqual(wanted, written)) throw notEditable(edit.path);
  return result;
}

interface Source {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly newline: string;
}
/** An edit whose path is that of the file itself, from `config` on. */
type FileEdit =
  | { readonly kind: "set"; readonly path: readonly string[]; readonly value: unknown }
  | { readonly kind: "remove"; readonly path: readonly string[] }
  | { readonly kind: "append"; readonly path: readonly string[]; readonly items: readonly unknown[] };

function editedText(source: Source, edit: FileEdit): string {
  switch (edit.kind) {
    case "set":
      return withPair(source, edit.path, edit.value);
    case "remove":
      return withoutPair(source, edit.path);
    case "append":
      return withItems(source, edit.path, edit.items);
  }
}

/** What the file must hold after the edit. */
function expected(text: string, edit: FileEdit): unknown {
  const document = parsedFile(text);
  if (edit.kind === "remove") document.deleteIn(edit.path);
  else if (edit.kind === "set") document.setIn(edit.path, document.createNode(edit.value));
  else {
    const list = document.getIn(edit.path);
    const items = isSeq(list) ? [...(list.toJS(document) as unknown[]), ...edit.items] : edit.items;
    document.setIn(edit.path, document.createNode(items));
  }
  return document.toJS();
}

function withNewlineAtEnd(text: string, newline: string): string {
  return text === "" || text.endsWith("\n") ? text : text + newline;
}

function parsedFile(text: string): Document.Parsed {
  const document = parseDocument(text, { prettyErrors: false, merge: true });
  if (document.errors.length > 0) {
    throw new RecoveryError("stack-not-editable", "the stack file has mistakes in its YAML, so it is not edited", {
      next: "see them: postgres-recovery config check",
    });
  }
  return document;
}

/** The path as the file writes it: a key may have the project's name before it, or none. */
function keysOf(document: Document.Parsed, project: string, [key, ...rest]: StackEdit["path"]): string[] {
  const config = document.get("config", true);
  const written = isMap(config) ? config.items.map(nameOf) : [];
  const forms = [`${project}:${key}`, `${project}:config:${key}`, key];
  return ["config", forms.find((form) => written.includes(form)) ?? `${project}:${key}`, ...rest];
}

function withPair({ text, document, newline }: Source, path: readonly string[], value: unknown): string {
  const depth = path.length - 1;
  const mapping = blockMapAt(document, path.slice(0, depth), path);
  const key = path[depth] ?? "";
  if (mapping.items.some((pair) => nameOf(pair) === key)) throw notEditable(path);
  const column = columnOf(text, startOf(mapping.items[0]));
  const at = blockEnd(text, endOf(text, mapping.items.at(-1)), column);
  return text.slice(0, at) + yamlText({ [key]: value }, column, newline) + text.slice(at);
}

function withoutPair({ text, document }: Source, path: readonly string[]): string {
  const mapping = blockMapAt(document, path.slice(0, -1), path);
  const pair = mapping.items.find((each) => nameOf(each) === path.at(-1));
  if (pair === undefined || mapping.items.length === 1) throw notEditable(path);
  const column = columnOf(text, startOf(pair));
  const end = commentsEnd(text, endOf(text, pair), column + 1);
  return text.slice(0, lineStart(text, startOf(pair))) + text.slice(end);
}

function withItems(source: Source, path: readonly string[], items: readonly unknown[]): string {
  const { text, document, newline } = source;
  const list = document.getIn(path, true);
  if (list === undefined) {
    const parent = document.getIn(path.slice(0, -1), true);
    if (parent !== undefined) return withPair(source, path, items);
    return withPair(source, path.slice(0, -1), { [path.at(-1) ?? ""]: items });
  }
  if (!isSeq(list) || list.flow === true || list.items.length === 0) throw notEditable(path);
  const dash = text.lastIndexOf("-", startOf(list.items[0] as Node));
  const column = columnOf(text, dash);
  const at = blockEnd(text, endOf(text, list.items.at(-1) as Node), column);
  return text.slice(0, at) + yamlText(items, column, newline) + text.slice(at);
}

/** A value as lines of YAML, indented by so many columns. Texts that YAML would read as something else are quoted. */
function yamlText(value: unknown, indent: number, newline: string): string {
  // Pulumi reads YAML 1.1, in which also a moment without quotes is no text.
  const lines = stringify(value, { lineWidth: 0, schema: "yaml-1.1" }).trimEnd().split("\n");
  return lines.map((line) => `${line === "" ? "" : " ".repeat(indent)}${line}${newline}`).join("");
}

function blockMapAt(document: Document.Parsed, path: readonly string[], edited: readonly string[]): YAMLMap {
  const found = document.getIn(path, true);
  if (!isMap(found) || found.flow === true || found.items.length === 0) throw notEditable(edited);
  return found;
}

function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

function startOf(node: Pair | Node | undefined): number {
  const named = node !== undefined && "key" in node ? (node.key as Node) : node;
  return named?.range?.[0] ?? 0;
}

/** Where the line after a value begins. A comment behind the value belongs to it, and one on the next line does not. */
function endOf(text: string, node: Pair | Node | undefined): number {
  const value = node !== undefined && "key" in node ? ((node.value ?? node.key) as Node) : node;
  const [, end = 0] = value?.range ?? [];
  // The range of a block ends where the next line begins; that of anything else in its own line.
  const last = text[end - 1] === "\n" ? end - 1 : end;
  const next = text.indexOf("\n", last);
  return next < 0 ? text.length : next + 1;
}

/** Where a block ends whose last value ends here: behind its comments, but before a comment above the next key. */
function blockEnd(text: string, at: number, column: number): number {
  const own = commentsEnd(text, at, column);
  const [, indent = ""] = /^(?:\s*\n)*([ ]*)[^\s]/.exec(text.slice(own)) ?? [];
  const isLast = indent.length < column;
  return isLast ? own : commentsEnd(text, at, column + 1);
}

/** Where the comments end that follow here and are indented by at least so many columns. */
function commentsEnd(text: string, at: number, column: number): number {
  let end = at;
  const line = /(?:[ \t\r]*\n)*([ ]*)#[^\n]*(?:\n|$)/y;
  for (line.lastIndex = at; ; end = line.lastIndex) {
    const [, indent = ""] = line.exec(text) ?? [undefined, undefined];
    if (line.lastIndex === 0 || indent.length < column) return end;
  }
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

function notEditable(path: readonly string[]): RecoveryError {
  const place = path.filter((part) => part !== "config").join(".");
  return new RecoveryError("stack-not-editable", `${place} is written in a form that this command does not edit`, {
    next: "write it as a mapping with one key on each line, or edit the file by hand",
  });
}

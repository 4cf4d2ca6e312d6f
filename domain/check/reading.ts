import type { StepName } from "../steps/permissions.ts";
import type { JudgedResource } from "./resource.ts";

/** A value of a resource, read without knowing its type. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[part];
  }
  return found;
}

/** The text at a path; undefined for anything else. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The entries of a list, which may be a single value; empty for anything else. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  if (Array.isArray(found)) return found.map((each: unknown) => each);
  return found === undefined || found === null ? [] : [found];
}

/** A mapping with its values. All of them must be known. */
export function mappingAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, unknown>> {
  const found = at(value, ...path);
  if (typeof found !== "object" || found === null || Array.isArray(found)) return {};
  return Object.fromEntries(Object.entries(found));
}

/** How a message names a resource. */
export function nameOf({ name, type }: Pick<JudgedResource, "name" | "type">): string {
  return `${type.slice(type.lastIndexOf(":") + 1)} ${name}`;
}

/** A command resource: what it runs, and what the command reads. */
export interface DeclaredCommand {
  /** The commands by the name of their property. */
  readonly texts: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, unknown>>;
}

const commandTypes = ["command:local:Command", "command:remote:Command"];

/** The command of a resource; undefined for a resource of another type. */
export function commandOf({ props, type }: JudgedResource): DeclaredCommand | undefined {
  if (!commandTypes.includes(type)) return undefined;
  const texts = ["create", "update", "delete"].flatMap((name) => {
    const text = textAt(props, name);
    return text === undefined ? [] : [[name, text] as const];
  });
  return { texts: Object.fromEntries(texts), environment: mappingAt(props, "environment") };
}

/** The request of a step of this project, parsed; undefined when the resource runs something else. */
export function requestOf(resource: JudgedResource, step: StepName): { readonly request: unknown } | undefined {
  if (!commandTypes.includes(resource.type)) return undefined;
  const runs = textAt(resource.props, "create")?.includes(`postgres-recovery ${step} --request`);
  return runs === true ? { request: parsed(textAt(resource.props, "stdin")) } : undefined;
}

/** A text as JSON; undefined when it is not. It never throws: the error would quote the text, which may hold keys. */
export function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

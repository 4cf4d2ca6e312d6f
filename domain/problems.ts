import { z } from "zod";
import { didYouMean } from "./similar.ts";

type RawIssue = z.core.$ZodRawIssue;

/**
 * Says what to write instead, where a schema has no message of its own. For the parameter `error` of `parse`. It never
 * quotes a value, because a value may be a secret.
 */
export function explainIssue(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return wrongType(issue);
    case "unrecognized_keys":
      return unknownKeys(issue);
    case "invalid_value":
      return notAmong(issue);
    case "too_small":
      return limit(issue.origin, "least", issue.minimum);
    case "too_big":
      return limit(issue.origin, "most", issue.maximum);
    case "invalid_format":
      return issue.format === "uuid" ? "must be a UUID, such as 99e85b8a-3f92-4c86-8d42-5056348c1e7e" : undefined;
    case "custom":
    case "invalid_element":
    case "invalid_key":
    case "invalid_union":
    case "not_multiple_of":
      return undefined;
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping with keys",
};

/** What is said about a value that is missing. */
export const missing = "required";

function wrongType({ expected, input }: Extract<RawIssue, { code: "invalid_type" }>): string {
  if (input === undefined) return missing;
  const wanted = typeWords[expected] ?? expected;
  if (input === null) return `is empty: write ${wanted}, or remove the key`;
  const isQuoted = typeof input === "string" && ["number", "int", "boolean"].includes(expected);
  if (isQuoted) return `must be ${wanted}: remove the quotes`;
  const lacksQuotes = expected === "string" && ["number", "boolean"].includes(typeof input);
  return lacksQuotes ? "must be a text: put it in quotes" : `must be ${wanted}`;
}

const keySeparator = "; ";

/** Names of keys are quoted: they are no secrets, and a person has to find them. */
function unknownKeys({ inst, keys }: Extract<RawIssue, { code: "unrecognized_keys" }>): string {
  const known = inst instanceof z.ZodObject ? Object.keys(inst.shape) : [];
  return keys
    .map((key) => {
      const suggestion = didYouMean(key, known);
      return `unknown key "${key}"${suggestion === undefined ? "" : `: ${suggestion}`}`;
    })
    .join(keySeparator);
}

function notAmong({ input, values }: Extract<RawIssue, { code: "invalid_value" }>): string {
  if (input === undefined) return missing;
  const allowed = values.map(String);
  const suggestion = typeof input === "string" ? didYouMean(input, allowed) : undefined;
  const rule = allowed.length === 1 ? `must be ${allowed.join()}` : `must be one of ${allowed.join(", ")}`;
  return suggestion === undefined ? rule : `${rule}: ${suggestion}`;
}

function limit(origin: string, side: "least" | "most", bound: number | bigint): string {
  switch (origin) {
    case "string":
      return side === "least" && bound === 1 ? "must not be empty" : `must have at ${side} ${bound} characters`;
    case "array":
      return `must have at ${side} ${bound} entries`;
    default:
      return `must be at ${side} ${bound}`;
  }
}

/** One thing that is wrong with a value. */
export interface SchemaProblem {
  /** Where it is; for an unknown key, the mapping that has it. */
  readonly path: readonly PropertyKey[];
  /** What is wrong, and what to write instead. */
  readonly message: string;
  /** The key that is unknown. Absent: the problem is the value at the path. */
  readonly key?: string;
}

/** Every problem of its own, those of the outermost properties first. */
export function problemsIn({ issues }: z.ZodError): SchemaProblem[] {
  return issues.toSorted((a, b) => a.path.length - b.path.length).flatMap(problemsOfIssue);
}

/** zod has one issue for all unknown keys of a mapping. */
function problemsOfIssue(issue: z.core.$ZodIssue): SchemaProblem[] {
  const { message, path } = issue;
  if (issue.code !== "unrecognized_keys") return [{ path, message }];
  const messages = message.split(keySeparator);
  if (messages.length !== issue.keys.length) return [{ path, message }];
  return issue.keys.map((key, index) => ({ path, key, message: messages[index] ?? message }));
}

/**
 * A problem with its path, and with what else tells a person where it is.
 *
 * @example oneProblemText({ path: ["kubernetes", "context"], message: "required" }, { place: "Pulumi.dev.yaml:3:5" })
 * // → "✖ required\n  → at kubernetes.context, Pulumi.dev.yaml:3:5"
 */
export function oneProblemText(
  { path, message }: SchemaProblem,
  { cluster, place }: { readonly cluster?: string | undefined; readonly place?: string | undefined } = {},
): string {
  const named = cluster === undefined ? "" : ` (${cluster})`;
  const places = [
    ...(path.length === 0 ? [] : [`at ${z.core.toDotPath(path)}${named}`]),
    ...(place === undefined ? [] : [place]),
  ];
  return places.length === 0 ? `✖ ${message}` : `✖ ${message}\n  → ${places.join(", ")}`;
}

/** Every problem with its path, those of the outermost properties first. */
export function problemText(error: z.ZodError): string {
  return problemsIn(error)
    .map((problem) => oneProblemText(problem))
    .join("\n");
}

import { z } from "zod";
import { databaseKeysSchema } from "./harbor.ts";
import { settingExamples } from "./examples.ts";
import { secretKeys, settingsSchema } from "./schema.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/**
 * The JSON Schema of a stack file, for editors: the keys of this project, and anything for other keys.
 * `npm run docs` writes it to settings/stack.schema.json.
 */
export function stackFileSchema(): Record<string, unknown> {
  const properties: Record<string, JsonSchema> = {};
  for (const [key, schema] of Object.entries(settingsSchema.shape)) {
    const jsonSchema = withExamples(z.toJSONSchema(schema, { io: "input" }), [key]);
    delete jsonSchema.$schema;
    // In the file a secret is Pulumi's ciphertext, whole or leaf by leaf.
    const secret: JsonSchema = { type: "object", description: databaseKeysSchema.description ?? "" };
    properties[`postgres-recovery:${key}`] = secretKeys.includes(key) ? secret : jsonSchema;
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Stack file of postgres-recovery",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties,
        required: ["postgres-recovery:kubernetes"],
        patternProperties: { "^(?!postgres-recovery:)": {} },
        additionalProperties: false,
      },
    },
    required: ["config"],
  };
}

/** A copy in which each setting without a default has an example. */
function withExamples(schema: JsonSchema, path: readonly string[]): JsonSchema {
  const copy: JsonSchema = { ...schema };
  const name = path.at(-1) ?? "";
  const example = settingExamples[path.join(".")] ?? settingExamples[name];
  if (example !== undefined && schema.default === undefined && isScalar(schema)) copy.examples = [example];
  if (schema.properties !== undefined) {
    const inner = Object.entries(schema.properties).map(([key, value]) => [key, inPart(value, [...path, key])]);
    copy.properties = Object.fromEntries(inner) as NonNullable<JsonSchema["properties"]>;
  }
  if (typeof schema.items === "object" && !Array.isArray(schema.items)) copy.items = inPart(schema.items, path);
  if (schema.anyOf !== undefined) copy.anyOf = schema.anyOf.map((each) => withExamples(each, path));
  return copy;
}

function inPart<Part extends JsonSchema | boolean>(part: Part, path: readonly string[]): Part | JsonSchema {
  return typeof part === "object" ? withExamples(part, path) : part;
}

function isScalar({ type }: JsonSchema): boolean {
  return type === "string" || type === "integer" || type === "number";
}

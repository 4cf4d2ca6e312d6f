import assert from "node:assert/strict";
import type { z } from "zod";
import { settingExamples } from "../../../settings/examples.ts";
import { stackFileSchema } from "../../../settings/json-schema.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Every property below a schema, by its path. */
function* propertiesOf(
  schema: JsonSchema,
  path: readonly string[] = [],
): Generator<[path: string, schema: JsonSchema]> {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property !== "object") continue;
    yield [[...path, key].join("."), property];
    yield* propertiesOf(property, [...path, key]);
  }
  if (typeof schema.items === "object" && !Array.isArray(schema.items)) yield* propertiesOf(schema.items, path);
  for (const each of schema.anyOf ?? []) yield* propertiesOf(each, path);
}

const { properties } = stackFileSchema() as { properties: { config: JsonSchema } };
const all = [...propertiesOf(properties.config)];
const scalars = ["string", "integer", "number"];

describe("the schema of a stack file, by which editors complete and explain", () => {
  it("describes every setting", () => {
    assert(all.length > 100);
    assert.deepEqual(
      all.filter(([, { description }]) => (description ?? "").length < 10).map(([path]) => path),
      [],
    );
  });

  it("has a default or an example of every text and number", () => {
    const silent = all.filter(
      ([, { default: standard, enum: words, examples, const: only, type }]) =>
        scalars.includes(String(type)) && [standard, words, examples, only].every((given) => given === undefined),
    );
    assert.deepEqual(
      silent.map(([path]) => path),
      [],
    );
  });

  it("has examples that it accepts itself", () => {
    let count = 0;
    for (const [
      path,
      { examples = [], maximum = Infinity, minimum = -Infinity, minLength = 0, pattern = "", type },
    ] of all)
      for (const example of examples) {
        count += 1;
        assert.equal(typeof example, type === "string" ? "string" : "number", path);
        if (typeof example === "string") assert(new RegExp(pattern).test(example) && example.length >= minLength, path);
        if (typeof example === "number") assert(example >= minimum && example <= maximum, path);
      }
    assert(count > 40);
  });

  it("uses every example that is written down", () => {
    const used = new Set(all.flatMap(([, { examples = [] }]) => examples));
    assert.deepEqual(
      Object.entries(settingExamples).filter(([, example]) => !used.has(example)),
      [],
    );
  });
});

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { fieldDescriptions } from "../../../../cli/pages/field-descriptions.ts";
import { jsonSchemas, schemaIndex } from "../../../../cli/pages/json-schemas.ts";

type Schema = z.core.JSONSchema.JSONSchema;

/** Every property of a schema, at any depth. */
function properties(schema: Schema): [name: string, property: Schema][] {
  const own = Object.entries(schema.properties ?? {}).filter(
    (entry): entry is [string, Schema] => typeof entry[1] === "object",
  );
  const inside = [
    schema.items,
    schema.additionalProperties,
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...own.map(([, one]) => one),
  ]
    .flat()
    .filter((one) => typeof one === "object");
  return [...own, ...inside.flatMap(properties)];
}

describe("docs/schema", () => {
  it("describes every field, and the table of descriptions has no other", () => {
    const all = Object.values(jsonSchemas).flatMap(properties);
    assert(all.length > 100);
    const silent = all.filter(([, { const: constant, description }]) => constant === undefined && !description);
    assert.deepEqual(
      silent.map(([name]) => name),
      [],
    );
    const used = new Set(
      all.filter(([name, { description }]) => description === fieldDescriptions[name]).map(([name]) => name),
    );
    assert.deepEqual(
      Object.keys(fieldDescriptions).filter((name) => !used.has(name)),
      [],
    );
  });

  it("has an index of all schemas (npm run docs writes it)", async () => {
    const index = await readFile(new URL("../../../../docs/schema/README.md", import.meta.url), "utf8");
    assert.equal(index, schemaIndex());
    for (const name of Object.keys(jsonSchemas)) assert(index.includes(`[${name}](${name})`), name);
  });

  for (const [name, schema] of Object.entries(jsonSchemas)) {
    it(`${name} matches the code (npm run docs writes it)`, async () => {
      const written = await readFile(new URL(`../../../../docs/schema/${name}`, import.meta.url), "utf8");
      assert.deepEqual(JSON.parse(written), JSON.parse(JSON.stringify(schema)));
    });
  }
});

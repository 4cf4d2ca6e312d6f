import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { jsonSchemas } from "../../../../cli/pages/json-schemas.ts";

describe("docs/schema", () => {
  for (const [name, schema] of Object.entries(jsonSchemas)) {
    it(`${name} matches the code (npm run docs writes it)`, async () => {
      const written = await readFile(new URL(`../../../../docs/schema/${name}`, import.meta.url), "utf8");
      assert.deepEqual(JSON.parse(written), JSON.parse(JSON.stringify(schema)));
    });
  }
});

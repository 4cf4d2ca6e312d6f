import { mkdir, writeFile } from "node:fs/promises";
import { jsonSchemas } from "./json-schemas.ts";

const directory = new URL("../../docs/schema/", import.meta.url);
await mkdir(directory, { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas)) {
  await writeFile(new URL(name, directory), `${JSON.stringify(schema, undefined, 2)}\n`);
}

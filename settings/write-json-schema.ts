import { writeFile } from "node:fs/promises";
import { stackFileSchema } from "./json-schema.ts";

await writeFile(new URL("stack.schema.json", import.meta.url), `${JSON.stringify(stackFileSchema(), undefined, 2)}\n`);

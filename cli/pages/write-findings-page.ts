import { writeFile } from "node:fs/promises";
import { findingsPage } from "./findings-page.ts";

await writeFile(new URL("../../docs/findings.md", import.meta.url), findingsPage());

import { execa } from "execa";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { jsonSchemas, schemaIndex } from "../cli/pages/json-schemas.ts";
import { findingsPage } from "../cli/pages/findings-page.ts";
import { permissionsPage } from "../cli/pages/permissions-page.ts";
import { stackFileSchema } from "../settings/json-schema.ts";
import { faultsPage } from "./faults-page.ts";
import { policiesPage } from "./policies-page.ts";
import { resultsSchema, type FaultResult } from "./reporter.ts";

const checkout = join(import.meta.dirname, "..");

/** The tests of all suites that docs/faults.md lists. Mocha loads the suites for their titles and runs none of them. */
export async function listFaultTests(): Promise<FaultResult[]> {
  const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-titles-"));
  try {
    const results = join(directory, "results.json");
    const report = ["--reporter", "test/reporter.ts", "--reporter-option", `results=${results}`];
    await execa("mocha", ["--dry-run", ...report, "test/*/**/*.test.ts"], { cwd: checkout, preferLocal: true });
    return resultsSchema.parse(JSON.parse(await readFile(results, "utf8"))).faultTests;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Every generated page and schema, by its path in the project. */
async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map([
    ["settings/stack.schema.json", json(stackFileSchema())],
    ["docs/permissions.md", permissionsPage()],
    ["docs/findings.md", findingsPage()],
    ["docs/policies.md", policiesPage()],
    ["docs/schema/README.md", schemaIndex()],
    ["docs/faults.md", faultsPage(await listFaultTests())],
  ]);
  for (const [name, schema] of Object.entries(jsonSchemas)) files.set(`docs/schema/${name}`, json(schema));
  return files;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}

/** `npm run docs` writes the files that differ; with `--check` it only names them, and fails. */
async function main(checkOnly: boolean): Promise<void> {
  for (const [path, text] of await generatedFiles()) {
    if ((await readIfPresent(join(checkout, path))) === text) continue;
    if (checkOnly) {
      process.exitCode = 1;
      process.stdout.write(`${path} is out of date: npm run docs\n`);
      continue;
    }
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await writeFile(join(checkout, path), text);
    process.stdout.write(`wrote ${path}\n`);
  }
}

if (import.meta.main) await main(process.argv.includes("--check"));

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { z } from "zod";
import { pulumiVersions } from "../../sandbox/pulumi/versions.ts";
import { circleIn, grouped, importGraph } from "../support/imports.ts";

const checkout = join(import.meta.dirname, "../..");
const folders = globSync("*/", { cwd: checkout })
  .filter((folder) => folder !== "node_modules" && globSync(`${folder}/**/*.ts`, { cwd: checkout }).length > 0)
  .sort();
const imports = importGraph(folders);

/** What eslint.config.js holds of the house. Not a static import: the file has no types. */
async function eslintHouse(): Promise<{ arrows: Record<string, string[]>; rooms: string[] }> {
  const config: unknown = await import(pathToFileURL(join(checkout, "eslint.config.js")).href);
  return z.object({ arrows: z.record(z.string(), z.array(z.string())), rooms: z.array(z.string()) }).parse(config);
}

/** `domain/harbor/names.ts` → `domain`, and `index.ts` → `index`. */
function roomOf(file: string): string {
  return file.replace(/(\/.*|\.ts)$/, "");
}

/** `domain/harbor/names.ts` → `domain/harbor`. A file beside the subjects is one of its own: `domain/errors.ts`. */
function subjectOf(file: string): string {
  return file.split("/").slice(0, 2).join("/");
}

describe("the version of Pulumi", () => {
  const read = (path: string): string => readFileSync(join(checkout, path), "utf8");

  it("is that of package.json in the engine's Go module, and of the CLI", () => {
    assert.match(read("sandbox/toolchain/pulumi/go.mod"), new RegExp(`pulumi/pkg/v3 v${pulumiVersions.engine}\\b`));
    assert(read("package.json").includes(`"pulumi": "${pulumiVersions.engine}"`));
  });

  it("stands nowhere else in the code", () => {
    const files = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: checkout }));
    assert.deepEqual(
      files.filter((file) => read(file).includes(`"${pulumiVersions.engine}"`)),
      [],
    );
  });
});

describe("the house: rooms and arrows", () => {
  it("the rooms of eslint.config.js are the folders with code, and index.ts", async () => {
    const { arrows, rooms } = await eslintHouse();
    assert.deepEqual([...rooms].sort(), [...folders, "index"].sort());
    assert.deepEqual(
      Object.entries(arrows).flatMap(([room, allowed]) => [room, ...allowed].filter((name) => !rooms.includes(name))),
      [],
    );
  });

  it("tsconfig.json includes the folders with code, and no others", () => {
    const text = readFileSync(join(checkout, "tsconfig.json"), "utf8");
    const { config } = z
      .object({ config: z.object({ include: z.array(z.string()) }) })
      .parse(ts.parseConfigFileTextToJson("tsconfig.json", text));
    assert.deepEqual([...config.include].sort(), ["*.ts", ...folders]);
  });

  it("every import goes along an arrow, also those of types and those that are loaded late", async () => {
    const { arrows } = await eslintHouse();
    const wrong = [...imports].flatMap(([file, targets]) => {
      const room = roomOf(file);
      const allowed = arrows[room];
      if (allowed === undefined) return [];
      const elsewhere = [...targets].filter((target) => ![room, ...allowed].includes(roomOf(target)));
      return elsewhere.map((target) => `${file} → ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  it("there is no circle of imports, also counting those of types", () => {
    assert.deepEqual(circleIn(imports), undefined);
  });

  for (const room of ["operations", "clients", "components", "cli"]) {
    it(`there is no circle between the subjects of ${room}/`, () => {
      const subjects = grouped(imports, (file) => (roomOf(file) === room ? subjectOf(file) : undefined));
      assert(subjects.size > 1);
      assert.deepEqual(circleIn(subjects), undefined);
    });
  }
});

describe("circleIn", () => {
  const graph = (arrows: Record<string, string[]>) =>
    new Map(Object.entries(arrows).map(([from, targets]) => [from, new Set(targets)]));

  it("names the nodes of a circle in the order of its arrows, and no others", () => {
    const whole = graph({ start: ["a", "b"], a: ["end"], b: ["c"], c: ["d"], d: ["b"], end: [] });
    assert.deepEqual(circleIn(whole), ["b", "c", "d", "b"]);
  });

  it("two ways to one place are no circle", () => {
    assert.deepEqual(circleIn(graph({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] })), undefined);
  });

  it("groups have a circle where their nodes have none", () => {
    const nodes = graph({ "a/1": ["b/1"], "b/1": [], "b/2": ["a/2"], "a/2": [] });
    assert.deepEqual(circleIn(nodes), undefined);
    assert.deepEqual(circleIn(grouped(nodes, (node) => node[0])), ["a", "b", "a"]);
  });
});

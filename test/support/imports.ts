import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dirname, normalize } from "node:path/posix";
import ts from "typescript";

const checkout = join(import.meta.dirname, "../..");

/** What each node leads to. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Which source file imports which, as paths from the checkout. Imports of types and `import()` count, too: eslint's rules
 * pass over the one or the other.
 */
export function importGraph(folders: readonly string[]): Graph {
  const files = ["index.ts", ...folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: checkout }))];
  return new Map(files.map((file) => [file, importsOf(file)]));
}

function importsOf(file: string): Set<string> {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(checkout, file), "utf8"));
  const own = importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith("."));
  return new Set(own.map((name) => normalize(`${dirname(file)}/${name}`)));
}

/**
 * The same arrows between groups of nodes; those within a group, and those of nodes without a group, are left out.
 *
 * @example grouped(new Map([["a/x.ts", new Set(["b/y.ts"])]]), dirname)  // → a → b
 */
export function grouped(graph: Graph, groupOf: (node: string) => string | undefined): Graph {
  const groups = new Map<string, Set<string>>();
  for (const [from, targets] of graph) {
    const group = groupOf(from);
    if (group === undefined) continue;
    const reached = groups.get(group) ?? new Set();
    groups.set(group, reached);
    for (const target of targets) {
      const other = groupOf(target);
      if (other !== undefined && other !== group) reached.add(other);
    }
  }
  return groups;
}

/**
 * One circle, in the order of its arrows; undefined when there is none.
 *
 * @example circleIn(new Map([["a", new Set(["b"])], ["b", new Set(["a"])]]))  // → ["a", "b", "a"]
 */
export function circleIn(graph: Graph): string[] | undefined {
  const finished = new Set<string>();
  const path: string[] = [];

  function visit(node: string): string[] | undefined {
    const start = path.indexOf(node);
    if (start !== -1) return [...path.slice(start), node];
    if (finished.has(node)) return undefined;
    path.push(node);
    for (const target of graph.get(node) ?? []) {
      const circle = visit(target);
      if (circle !== undefined) return circle;
    }
    path.pop();
    finished.add(node);
    return undefined;
  }

  for (const node of graph.keys()) {
    const circle = visit(node);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

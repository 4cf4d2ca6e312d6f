import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import language from "@pulumi/pulumi/proto/language_pb.js";
import type * as messages from "@pulumi/pulumi/proto/language_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import type { PackageDependency } from "@pulumi/pulumi/proto/plugin_pb.js";
import { z } from "zod";

const manifestSchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
  pulumi: z
    .object({ resource: z.boolean().optional(), name: z.string().optional(), version: z.string().optional() })
    .optional(),
});
const lockSchema = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });

/** Every installed package that brings a provider, whether the program uses it or not. */
export function requiredPackages(directory: string): PackageDependency[] {
  return installed(directory, new Set()).flatMap((folder) => {
    const { name = "", version = "", pulumi } = manifestOf(folder);
    if (pulumi?.resource !== true) return [];
    return new pluginMessages.PackageDependency()
      .setName(pulumi.name ?? name.replace(/^@pulumi\//, ""))
      .setKind("resource")
      .setVersion(`v${(pulumi.version ?? version).replace(/^v/, "")}`);
  });
}

/** The folders of the packages in the folder's node_modules, at every depth. */
function installed(directory: string, visited: Set<string>): string[] {
  const modules = join(directory, "node_modules");
  if (!existsSync(modules) || visited.has(realpathSync(modules))) return [];
  visited.add(realpathSync(modules));
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(modules, name)).map((child) => join(name, child)) : name,
  );
  return names
    .map((name) => join(modules, name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .flatMap((folder) => [folder, ...installed(folder, visited)]);
}

/**
 * The packages in the lockfile with their versions: all of them, or those that package.json names. Of several versions of
 * such a package the first in the file counts, as for the vendor's host.
 *
 * @throws if there is no lockfile.
 */
export function dependencies(directory: string, transitive: boolean): messages.DependencyInfo[] {
  const root = searchedUpwards(directory, "package-lock.json");
  if (root === undefined)
    throw new Error(
      `failed to get node dependencies: no package-lock.json found (searching upwards from ${directory})`,
    );
  const { packages } = lockSchema.parse(json(join(root, "package-lock.json")));
  const manifest = manifestOf(root);
  const direct = new Set(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }));
  return Object.entries(packages).flatMap(([path, { version }]) => {
    const name = path.replace(/^.*node_modules\//, "");
    if (path === "" || version === undefined) return [];
    if (!transitive && !direct.delete(name)) return [];
    return new language.DependencyInfo().setName(name).setVersion(version);
  });
}

function searchedUpwards(directory: string, name: string): string | undefined {
  if (existsSync(join(directory, name))) return directory;
  const parent = dirname(directory);
  return parent === directory ? undefined : searchedUpwards(parent, name);
}

function manifestOf(folder: string): z.infer<typeof manifestSchema> {
  return manifestSchema.parse(json(join(folder, "package.json")));
}

function json(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

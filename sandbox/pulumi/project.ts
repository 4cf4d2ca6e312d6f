import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";

const checkout = dirname(dirname(import.meta.dirname));
const notCopied = new Set([".git", "coverage", "dumps", "node_modules"]);

/** The place of a setting in a stack file. It begins with the key, such as `stanza`. */
export type SettingPath = readonly [key: string, ...rest: (string | number)[]];

/**
 * Copies the Pulumi project into a folder, which is created, so that its stack files can be edited. Only node_modules is
 * the checkout's own. Links would do for most uses, but Node would then name every source by its path in the checkout.
 */
export async function copyProject(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const names = (await readdir(checkout)).filter((name) => !notCopied.has(name));
  await Promise.all(names.map((name) => cp(join(checkout, name), join(directory, name), { recursive: true })));
  await symlink(join(checkout, "node_modules"), join(directory, "node_modules"));
}

/** Changes a setting in a stack's file, as a user would; undefined removes it. */
export async function editStackFile(
  directory: string,
  stack: string,
  [key, ...path]: SettingPath,
  value: unknown,
): Promise<void> {
  const file = join(directory, `Pulumi.${stack}.yaml`);
  const document = parseDocument(await readFile(file, "utf8"));
  const place = ["config", `postgres-recovery:${key}`, ...path];
  if (value === undefined) document.deleteIn(place);
  else document.setIn(place, document.createNode(value));
  // In quotes, because Pulumi would read an unquoted time as a YAML timestamp.
  await writeFile(file, document.toString({ defaultStringType: "QUOTE_DOUBLE" }));
}

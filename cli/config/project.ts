import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { didYouMean, orElse } from "../../domain/similar.ts";

/** The names that a project file may have. */
const projectFiles = ["Pulumi.yaml", "Pulumi.yml"];
const projectSchema = z.object({
  name: z.string(),
  stackConfigDir: z.string().optional(),
  config: z.unknown().optional(),
});

/** A Pulumi project and its stack files. */
export interface PulumiProject {
  readonly name: string;
  /** Whether the project file has a `config`, whose values hold for every stack. */
  readonly hasConfig: boolean;
  /** Path of each stack file, by the name of its stack. */
  readonly stackFiles: ReadonlyMap<string, string>;
}

/**
 * The project of a folder, or of the nearest one above it.
 *
 * @throws RecoveryError `usage` when there is none, or its file cannot be read.
 */
export async function projectAt(directory: string): Promise<PulumiProject> {
  const file = projectFileAbove(directory);
  if (file === undefined) {
    throw new RecoveryError("stack-unreadable", "there is no Pulumi.yaml, neither here nor in a folder above", {
      next: "run this in the folder of Pulumi.yaml",
    });
  }
  const { config, name, stackConfigDir = "." } = await read(file);
  const folder = join(dirname(file), stackConfigDir);
  const extension = extname(file);
  const entries = await readdir(folder).catch(() => []);
  const names = entries.filter((each) => each.startsWith("Pulumi.") && each.endsWith(extension));
  const stacks = names.map((each) => [each.slice("Pulumi.".length, -extension.length), join(folder, each)] as const);
  return {
    name,
    hasConfig: config !== undefined && config !== null,
    stackFiles: new Map(stacks.filter(([stack]) => stack.length > 0).sort(([a], [b]) => a.localeCompare(b))),
  };
}

/**
 * The stack files to check.
 *
 * @param stack as Pulumi names it, such as dev or ORGANIZATION/PROJECT/dev. Undefined: all of them.
 * @throws RecoveryError `usage` when there is no such file.
 */
export function filesOf({ stackFiles }: PulumiProject, stack: string | undefined): [stack: string, file: string][] {
  const stacks = [...stackFiles.keys()];
  if (stack === undefined) {
    if (stacks.length > 0) return [...stackFiles];
    throw new RecoveryError("stack-unreadable", "the project has no stack file, Pulumi.<stack>.yaml", {
      next: "create a stack: pulumi stack init NAME",
    });
  }
  const name = stack.slice(stack.lastIndexOf("/") + 1);
  const file = stackFiles.get(name);
  if (file !== undefined) return [[name, file]];
  throw new RecoveryError("stack-unreadable", `the project has no file of the stack ${name}`, {
    next: orElse(didYouMean(name, stacks), `choose one of: ${stacks.join(", ")}`),
  });
}

/**
 * The one stack file that a command is about.
 *
 * @param stack as in {@link filesOf}. Undefined: the only one of the project.
 * @throws RecoveryError `usage` when there is no such file, or when there are several and none is named.
 */
export function theFileOf(project: PulumiProject, stack: string | undefined): [stack: string, file: string] {
  const [only, ...others] = filesOf(project, stack);
  if (only !== undefined && others.length === 0) return only;
  throw new RecoveryError("stack-unreadable", "the project has several stack files, and none is named", {
    next: `name one with --stack: ${[...project.stackFiles.keys()].join(", ")}`,
  });
}

/** A path as a person in this folder writes it. */
export function shownPath(file: string): string {
  return relative(process.cwd(), file);
}

function projectFileAbove(directory: string): string | undefined {
  const found = projectFiles.map((name) => join(directory, name)).find((file) => existsSync(file));
  const parent = dirname(directory);
  return found ?? (parent === directory ? undefined : projectFileAbove(parent));
}

async function read(file: string): Promise<z.infer<typeof projectSchema>> {
  try {
    return projectSchema.parse(parse(await readFile(file, "utf8"), { prettyErrors: false }));
  } catch (error) {
    const why = error instanceof z.ZodError ? "it has no name" : messageOf(error);
    throw new RecoveryError("stack-unreadable", `${shownPath(file)} cannot be read: ${why}`, {
      next: "see what Pulumi says of it: pulumi about",
      cause: error,
    });
  }
}

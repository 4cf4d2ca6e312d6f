import { z } from "zod";

const fileListSchema = z.object({
  Files: z.record(z.string(), z.object({ IsSkipped: z.boolean().default(false) })),
  /** The names in each part, without pg_control's. */
  TarFileSets: z.record(z.string(), z.array(z.string()).nullable()).nullish(),
});

/** What must be in the parts of a backup. */
export interface FileList {
  /** Files and folders that its parts must have. A delta leaves out what has not changed since its parent. */
  readonly members: ReadonlySet<string>;
  /** Names of its parts. WAL-G writes pg_control.tar, too, and does not list it. */
  readonly parts: readonly string[];
}

/**
 * Reads a backup's `files_metadata.json`, or the sentinel of WAL-G up to 1.1, which has the same list.
 *
 * @throws SyntaxError or ZodError when it is cut or something else.
 */
export function readFileList(text: string): FileList {
  const { Files, TarFileSets } = fileListSchema.parse(JSON.parse(text));
  const members = new Set<string>();
  for (const [name, { IsSkipped }] of Object.entries(Files)) if (!IsSkipped) members.add(memberName(name));
  return { members, parts: Object.keys(TarFileSets ?? {}) };
}

/** A name in a tar file as the list has it: a folder may end with a slash. @example memberName("/base/")  // → "/base" */
export function memberName(name: string): string {
  return name.length > 1 && name.endsWith("/") ? name.slice(0, -1) : name;
}

import { z } from "zod";

const fileListSchema = z.object({
  Files: z.record(z.string(), z.object({ IsSkipped: z.boolean().default(false), MTime: z.string().optional() })),
  /** The names in each part, without pg_control's. */
  TarFileSets: z.record(z.string(), z.array(z.string()).nullable()).nullish(),
});

/** What must be in the parts of a backup. */
export interface FileList {
  /**
   * Files and folders that its parts must have, each with the time of its last change, in milliseconds since 1970; undefined
   * when the list does not say it. A delta leaves out what has not changed since its parent.
   */
  readonly members: ReadonlyMap<string, number | undefined>;
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
  const members = new Map<string, number | undefined>();
  for (const [name, { IsSkipped, MTime = "" }] of Object.entries(Files)) {
    const modified = Date.parse(MTime);
    if (!IsSkipped) members.set(memberName(name), Number.isNaN(modified) ? undefined : modified);
  }
  return { members, parts: Object.keys(TarFileSets ?? {}) };
}

/** More than the fraction of a second that a tar file does not have. */
const timeTolerance = 1000;

/**
 * Whether a file of a part was changed at another moment than the list says, so that the part is of another backup. WAL-G
 * takes both from one look at the file.
 *
 * @param modified by the tar file, in milliseconds since 1970; 0 for files that WAL-G makes itself.
 */
export function isOfAnotherTime({ members }: FileList, name: string, modified: number): boolean {
  const listed = members.get(name);
  return listed !== undefined && modified > 0 && Math.abs(listed - modified) >= timeTolerance;
}

/** A name in a tar file as the list has it: a folder may end with a slash. @example memberName("/base/")  // → "/base" */
export function memberName(name: string): string {
  return name.length > 1 && name.endsWith("/") ? name.slice(0, -1) : name;
}

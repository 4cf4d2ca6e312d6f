import { randomBytes } from "node:crypto";
import { open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { lineDiff } from "../../domain/line-diff.ts";
import { parsedJson } from "../../domain/text.ts";
import { checkSettings, SettingsError } from "../../settings/settings.ts";
import type { Settings } from "../../settings/schema.ts";
import { editedStackFile, type StackEdit } from "../../settings/stack-edit.ts";
import { placesIn, readStackFile } from "../../settings/stack-file.ts";
import { confirm } from "../confirm.ts";
import { shownPath } from "./project.ts";

/** The text of a stack file, and which one it is. */
export interface OpenedStack {
  readonly stack: string;
  readonly path: string;
  /** Name of the project, which is the prefix of its keys. */
  readonly project: string;
  readonly text: string;
}

/** Reads a stack file. */
export async function openedStack(project: string, [stack, path]: [string, string]): Promise<OpenedStack> {
  try {
    return { stack, path, project, text: await readFile(path, "utf8") };
  } catch (error) {
    throw new RecoveryError("stack-unreadable", `${shownPath(path)} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * What the file says, apart from the encrypted keys.
 *
 * @throws SettingsError that lists everything wrong at once.
 */
export function settingsIn({ path, project, stack, text }: OpenedStack): Settings {
  const file = readStackFile(text, project);
  if (file.syntaxProblems.length > 0) {
    throw new RecoveryError("stack-unreadable", `${shownPath(path)} has mistakes in its YAML`, {
      next: `see them: postgres-recovery config check --stack ${stack}`,
    });
  }
  // What is encrypted is judged by `pulumi preview`, and nothing here depends on it.
  const values = new Map([...file.values].filter(([key]) => key !== "harborSecrets"));
  const { problems, settings } = checkSettings({ stack, values, secretKeys: new Set(), otherKeys: file.otherKeys });
  const grave = problems.filter(({ path: [key] }) => key !== "harborSecrets");
  if (settings !== undefined && grave.length === 0) return settings;
  const error = new SettingsError(stack, grave);
  const places = placesIn(file, { name: shownPath(path), values });
  throw new RecoveryError(error.code, error.textWithPlaces(places));
}

/** Whether the stack has keys that may read the backups to restore. Their values are encrypted. */
export function hasRestoreKeys({ project, text }: OpenedStack): boolean {
  const keys: unknown = parsedJson(readStackFile(text, project).values.get("harborSecrets") ?? "");
  return typeof keys === "object" && keys !== null && "restore" in keys;
}

/** The file after an edit, and the difference for a person. */
export function editedStack(opened: OpenedStack, edits: readonly StackEdit[]): { after: OpenedStack; diff: string } {
  const text = edits.reduce((edited, edit) => editedStackFile(edited, opened.project, edit), opened.text);
  return { after: { ...opened, text }, diff: lineDiff(opened.text, text, shownPath(opened.path)) };
}

export interface EditOptions {
  readonly dryRun?: true | undefined;
  readonly yes?: true | undefined;
}

/**
 * Shows the difference, asks, and replaces the file. It is replaced in one step, and keeps its mode.
 *
 * @throws RecoveryError `not-confirmed`; `stack-file-changed` when somebody else has written the file meanwhile.
 */
export async function writtenStack(
  before: OpenedStack,
  { after, diff }: ReturnType<typeof editedStack>,
  { dryRun, yes }: EditOptions,
  signal: AbortSignal,
): Promise<"written" | "dry-run"> {
  if (dryRun === true) return "dry-run";
  if (yes !== true) await confirm(diff, `Write this into ${shownPath(before.path)}?`, signal);
  const path = await realpath(before.path);
  const { mode } = await stat(path);
  const draft = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    const file = await open(draft, "wx", mode);
    try {
      await file.writeFile(after.text);
      await file.sync();
    } finally {
      await file.close();
    }
    if ((await readFile(path, "utf8")) !== before.text) throw changedMeanwhile(before.path);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return "written";
}

function changedMeanwhile(path: string): RecoveryError {
  return new RecoveryError("stack-file-changed", `${shownPath(path)} was changed by somebody else meanwhile`, {
    next: "run it again; it begins with the new content",
  });
}

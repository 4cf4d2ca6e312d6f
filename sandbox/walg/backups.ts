import { parse as parseLossless } from "lossless-json";
import { z } from "zod";
import { wholeNumber } from "./metadata.ts";
import { backupFolder, sentinelSuffix, walFileOf } from "./names.ts";
import type { Storage, StoredObject } from "./storage.ts";

/** A finished backup, as the listing shows it. */
export interface ListedBackup {
  readonly name: string;
  /** LastModified of its sentinel. */
  readonly modified: Date;
  readonly walFile: string;
}

/** The finished backups, oldest first. */
export async function listBackups(storage: Storage): Promise<ListedBackup[]> {
  return finishedBackups(await storage.list(backupFolder));
}

/** The backups whose sentinels are among the objects, oldest first. */
function finishedBackups(objects: readonly StoredObject[]): ListedBackup[] {
  const sentinels = objects.filter(({ name }) => name.endsWith(sentinelSuffix) && !name.includes("/"));
  const backups = sentinels.map(({ name, modified }) => {
    const backup = name.slice(0, -sentinelSuffix.length);
    return { name: backup, modified, walFile: walFileOf(backup) };
  });
  return backups.toSorted((one, other) => one.modified.getTime() - other.modified.getTime());
}

const sentinelSchema = z.object({
  LSN: wholeNumber,
  FinishLSN: wholeNumber,
  DeltaLSN: wholeNumber.optional(),
  DeltaFrom: z.string().optional(),
  DeltaFullName: z.string().optional(),
  DeltaCount: wholeNumber.optional(),
  SystemIdentifier: wholeNumber,
});

/** What the sentinel of a backup says. */
export type Sentinel = z.output<typeof sentinelSchema>;

const filesSchema = z.object({
  Files: z.record(z.string(), z.object({ IsIncremented: z.boolean(), IsSkipped: z.boolean(), MTime: z.string() })),
});

/** A backup's files, by their path below the data directory. */
export type FileStates = z.output<typeof filesSchema>["Files"];

/** @throws Error if the backup has no sentinel. */
export async function readSentinel(storage: Storage, backup: string): Promise<Sentinel> {
  const name = `${backup}${sentinelSuffix}`;
  return sentinelSchema.parse(parseLossless(await readNeeded(storage, name)));
}

/** @throws Error if the backup has no list of its files. */
export async function readFileStates(storage: Storage, backup: string): Promise<FileStates> {
  try {
    return filesSchema.parse(JSON.parse(await readNeeded(storage, `${backup}/files_metadata.json`))).Files;
  } catch (error) {
    throw new Error(`failed to fetch files metadata: ${error instanceof Error ? error.message : ""}`, { cause: error });
  }
}

async function readNeeded(storage: Storage, name: string): Promise<string> {
  const content = await storage.read(`${backupFolder}/${name}`);
  if (content === undefined) throw new Error(`object '${name}' not found in storage`);
  return content.toString("utf8");
}

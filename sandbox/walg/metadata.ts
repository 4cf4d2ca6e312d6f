import { parse as parseLossless } from "lossless-json";
import { z } from "zod";
import { backupFolder } from "./names.ts";
import type { Storage } from "./storage.ts";

/** An integer as `lossless-json` reads it. Beyond what a double can hold it stays exact. */
export const wholeNumber = z
  .custom<{ value: string }>((value) => isNumberText(value))
  .transform(({ value }) => BigInt(value));

function isNumberText(value: unknown): boolean {
  return typeof value === "object" && value !== null && "value" in value && /^\d+$/.test(String(value.value));
}

const metadataSchema = z.object({
  start_time: z.string(),
  finish_time: z.string(),
  hostname: z.string(),
  data_dir: z.string(),
  pg_version: wholeNumber,
  start_lsn: wholeNumber,
  finish_lsn: wholeNumber,
  is_permanent: z.boolean(),
});

/** What metadata.json says of a backup. */
export type Metadata = z.output<typeof metadataSchema>;

/** The text of a backup's metadata.json; undefined when it has none. */
export async function readMetadata(storage: Storage, backup: string): Promise<string | undefined> {
  const content = await storage.read(`${backupFolder}/${backup}/metadata.json`);
  return content?.toString("utf8").trim();
}

/** @throws Error if the text is no metadata of a backup. */
export function parseMetadata(text: string): Metadata {
  return metadataSchema.parse(parseLossless(text));
}

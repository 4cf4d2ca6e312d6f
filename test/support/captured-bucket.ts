import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { extract } from "tar-stream";
import type { ListedObject } from "../../domain/walg/storage.ts";

const captures = join(import.meta.dirname, "..", "fixtures", "walg", "v3.0.3");

/** A file of the captures of WAL-G 3.0.3. */
export function captured(name: string): string {
  return readFileSync(join(captures, name), "utf8");
}

let known: Promise<ReadonlyMap<string, Buffer>> | undefined;

/** The whole content of a bucket that the real WAL-G 3.0.3 wrote, by key. */
export function capturedObjects(): Promise<ReadonlyMap<string, Buffer>> {
  known ??= unpackCaptures();
  return known;
}

async function unpackCaptures(): Promise<ReadonlyMap<string, Buffer>> {
  const objects = new Map<string, Buffer>();
  const { stdout } = spawn("xz", ["-dc", join(captures, "objects.tar.xz")], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const entry of stdout.pipe(extract()))
    objects.set(entry.header.name.replace(/^\.\//, ""), await buffer(entry));
  return objects;
}

/** How S3 listed the same objects. */
export function capturedListing(): ListedObject[] {
  const listed = JSON.parse(captured("listing.json")) as readonly { key: string; size: number; lastModified: string }[];
  return listed.map(({ key, size, lastModified }) => ({ key, size, modified: Date.parse(lastModified) }));
}

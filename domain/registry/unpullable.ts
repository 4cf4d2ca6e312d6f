import type { BrokenBlob } from "./check.ts";

/**
 * The artifacts that cannot be pulled without these blobs, each once, in order. Those of proxy caches are left out where the
 * blob is missing, because Harbor fetches it again.
 *
 * @example unpullable(blobs) // → ["shop/app:v1", "shop/web@sha256:ab…"]
 */
export function unpullable(blobs: readonly BrokenBlob[]): string[] {
  const needed = blobs.filter(({ neededBy, problem }) => problem !== "missing" || neededBy === "artifact");
  const names = needed.flatMap(({ artifacts }) => artifacts.flatMap(namesOf));
  return [...new Set(names)].toSorted();
}

function namesOf({ digest, repository, tags }: BrokenBlob["artifacts"][number]): string[] {
  return tags.length === 0 ? [`${repository}@${digest}`] : tags.map((tag) => `${repository}:${tag}`);
}

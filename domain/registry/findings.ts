import { s3Url, type S3Location } from "../aws/s3-location.ts";
import { findingsAt, type Finding } from "../finding.ts";
import { momentText } from "../text.ts";
import type { ObjectVersion } from "./versions.ts";
import type { BrokenBlob } from "./check.ts";
import type { Counted, Difference } from "./comparison.ts";

/** How many blobs are broken, by problem and by who needs them. */
export class BrokenCounts {
  #counts = new Map<string, number>();

  add({ blob: { neededBy }, kind }: Difference): void {
    const key = `${kind} ${neededBy}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** @param neededBy default: whoever needs them. */
  of(kind: Difference["kind"], ...neededBy: BrokenBlob["neededBy"][]): number {
    const who = neededBy.length === 0 ? (["artifact", "proxy-cache", "nothing"] as const) : neededBy;
    return who.map((one) => this.#counts.get(`${kind} ${one}`) ?? 0).reduce((a, b) => a + b, 0);
  }
}

const blobs = (count: number): string => (count === 1 ? "1 blob" : `${count} blobs`);

/**
 * Whether everything that the database names can be pulled.
 *
 * @param place the folder of the blobs.
 */
export function judgeRegistry(place: S3Location, counted: Counted, broken: BrokenCounts): Finding[] {
  const at = findingsAt(s3Url(place));
  const findings: Finding[] = [];
  const missing = broken.of("missing", "artifact");
  if (missing > 0) {
    findings.push(
      at.refuse(
        "registry-blobs-missing",
        `does not have ${blobs(missing)} of ${counted.named} that artifacts need: they cannot be pulled`,
        "bring the blobs back from the versions that are listed, or push the artifacts again",
      ),
    );
  }
  const different = broken.of("size", "artifact", "proxy-cache");
  if (different > 0) {
    findings.push(
      at.refuse(
        "registry-blobs-different",
        `has ${blobs(different)} of another size than the database says: a pull ends with an error`,
        "bring the blobs back from the versions that are listed, or push the artifacts again",
      ),
    );
  }
  const damaged = broken.of("content", "artifact", "proxy-cache");
  if (damaged > 0) {
    findings.push(
      at.refuse(
        "registry-blobs-damaged",
        `has ${blobs(damaged)} whose content does not have its digest: a pull ends with an error`,
        "bring the blobs back from the versions that are listed, or push the artifacts again",
      ),
    );
  }
  const archived = broken.of("archived", "artifact", "proxy-cache");
  if (archived > 0) {
    findings.push(
      at.refuse(
        "registry-blobs-archived",
        `has ${blobs(archived)} that S3 has archived: they cannot be pulled until they are restored`,
        "restore the objects (`aws s3api restore-object`), and end the lifecycle rule that archives them",
      ),
    );
  }
  const cached = broken.of("missing", "proxy-cache");
  if (cached > 0) {
    const what = `does not have ${blobs(cached)} of proxy caches, which Harbor fetches again`;
    findings.push(at.warn("registry-cache-missing", what, "make sure that the registries behind them still exist"));
  }
  const idle = broken.of("missing", "nothing") + broken.of("size", "nothing") + broken.of("content", "nothing");
  if (idle > 0) {
    const what = `does not have, or has otherwise, ${blobs(idle)} that no artifact needs`;
    findings.push(at.warn("registry-unneeded-missing", what, "run Harbor's garbage collection, which forgets them"));
  }
  if (counted.unnamed > 0) {
    const what = `has ${blobs(counted.unnamed)} that the database does not name, such as of later pushes`;
    findings.push(at.warn("registry-blobs-unnamed", what, "push those images again, or leave the objects as they are"));
  }
  const isWhole = findings.every(({ severity }) => severity !== "refuse");
  if (isWhole)
    findings.push(at.ok("registry-blobs-present", `has every blob that artifacts need, of ${counted.named}`));
  return findings;
}

/** From where a blob can be had back: the newest version of the right size, and the delete marker that hides it. */
export function wayBack(
  versions: readonly ObjectVersion[],
  size: number | null,
): Pick<BrokenBlob, "deleteMarker" | "version"> {
  const [newest] = versions;
  const marker = newest?.kind === "delete-marker" ? newest : undefined;
  const version = versions.find((one) => one.kind === "version" && (size === null || one.size === size));
  return {
    deleteMarker: marker === undefined ? null : { versionId: marker.versionId, modified: momentText(marker.modified) },
    version:
      version === undefined
        ? null
        : { versionId: version.versionId, modified: momentText(version.modified), size: version.size },
  };
}

import type { FindingCodeOf } from "../catalogue/finding-codes.ts";
import { findingsAt, type Finding } from "../finding.ts";

/** The parts of an image such as `ghcr.io/zalando/spilo-16:3.3-p3`. */
export interface SpiloImage {
  /** Newest PostgreSQL major version in the image: the number in `spilo-16`. */
  readonly newestMajor: number;
  /** Major, minor and patch of the tag, `3.3-p3`. */
  readonly tag: readonly [major: number, minor: number, patch: number];
}

/** The PostgreSQL major version of every Harbor database: the Harbor operator knows no other (harbor-operator database/utils.go). */
export const harborPostgresMajor = 12;
/** The newest Spilo image with PostgreSQL 12, and the one to use with keys. */
export const recommendedImage = "ghcr.io/zalando/spilo-16:3.3-p3";
/** The newest one whose WAL-G can also assume an IAM role; it has PostgreSQL 11 as well. */
const newestForRoles = "ghcr.io/zalando/spilo-16:3.2-p3";
/** The newest one with PostgreSQL 10. */
const newestWithPostgres10 = "ghcr.io/zalando/spilo-15:3.2-p1";

/**
 * Parses an image reference; undefined when it is not a Spilo image with a tag such as `2.1-p7`.
 *
 * @example parseSpiloImage("ghcr.io/zalando/spilo-16:3.3-p3") // → { newestMajor: 16, tag: [3, 3, 3] }
 */
export function parseSpiloImage(reference: string): SpiloImage | undefined {
  const match = /(?:^|\/)spilo-(\d{1,2}):(\d+)\.(\d+)-p(\d+)(?:@sha256:[0-9a-f]{64})?$/.exec(reference);
  if (match === null) return undefined;
  const [newestMajor = 0, major = 0, minor = 0, patch = 0] = match.slice(1).map(Number);
  return { newestMajor, tag: [major, minor, patch] };
}

/**
 * The PostgreSQL major versions whose programs are in the image.
 *
 * @example majorsIn({ newestMajor: 14, tag: [2, 1, 7] }) // → [10, 11, 12, 13, 14]
 */
export function majorsIn({ newestMajor, tag }: SpiloImage): number[] {
  const oldest = oldestMajor(tag);
  return Array.from({ length: Math.max(0, newestMajor - oldest + 1) }, (_, index) => oldest + index);
}

/** PGOLDVERSIONS in the Dockerfile of each tag; 9.6 and older are never restored here. */
function oldestMajor(tag: Tag): number {
  if (isBefore(tag, [3, 2, 2])) return 10;
  if (isBefore(tag, [3, 3, 0])) return 11;
  if (isBefore(tag, [4, 0, 0])) return 12;
  if (isBefore(tag, [4, 1, 0])) return 13;
  return 14;
}

/**
 * Whether this image keeps backups in a folder of the PostgreSQL version below `wal`. Older images keep them in `wal`
 * itself (zalando/spilo bb6ab22).
 */
export function versionInPath({ tag }: SpiloImage): boolean {
  return !isBefore(tag, [2, 0, 2]);
}

/** What an image is used for. */
export interface ImageUse {
  /** Major version of the backups to restore; undefined without a restore. */
  readonly restoredMajor: number | undefined;
  /** Whether the Pods access S3 through an IAM role of their service account. */
  readonly irsa: boolean;
}

/**
 * The newest image that fits a use.
 *
 * @example recommendedImageFor({ restoredMajor: 12, irsa: true }) // → "ghcr.io/zalando/spilo-16:3.2-p3"
 */
export function recommendedImageFor({ restoredMajor, irsa }: ImageUse): string {
  if (restoredMajor === 10) return newestWithPostgres10;
  return irsa || restoredMajor === 11 ? newestForRoles : recommendedImage;
}

/**
 * Whether an image can back up and restore Harbor's PostgreSQL 12. There is a lower and an upper bound: a newer image is
 * not always better. The bounds come from the sources of zalando/spilo at its tags.
 */
export function checkSpiloImage(reference: string, use: ImageUse): Finding[] {
  const image = parseSpiloImage(reference);
  const at = findingsAt(`image ${reference}`);
  const takeRecommended = `use ${recommendedImageFor(use)}`;
  if (image === undefined) {
    return [
      at.unknown(
        "image-unknown",
        "not a Spilo image with a tag such as 3.3-p3, so nothing is known about it",
        takeRecommended,
      ),
    ];
  }
  const { tag } = image;
  const majors = majorsIn(image);
  const problems: Finding[] = [];
  const refuse = (code: FindingCodeOf<"refuse">, what: string): void => {
    problems.push(at.refuse(code, what, takeRecommended));
  };

  if (!majors.includes(harborPostgresMajor)) {
    refuse(
      "image-without-postgres-12",
      `has no PostgreSQL ${harborPostgresMajor}, the only version that the Harbor operator asks for`,
    );
  }
  if (isBefore(tag, [2, 0, 2])) {
    refuse(
      "image-backup-path-old",
      "looks for backups in wal/, not in wal/<version>, and drops the region or the path (older than 2.0-p2)",
    );
  } else if (isBefore(tag, [2, 1, 2])) {
    refuse(
      "image-backup-list-unread",
      "its scripts cannot read its own WAL-G's lists: old backups are never deleted, and replicas are not created from backups (fixed in 2.1-p2)",
    );
  }
  // WAL-G 3.0 renamed a column of its list; the clean-up script reads the new name since 3.3-p3 (zalando/spilo#1015).
  if (isSame(tag, [3, 3, 1]) || isSame(tag, [3, 3, 2]))
    refuse("image-keeps-every-backup", "never deletes old backups (fixed in 3.3-p3)");
  if (use.irsa && isBefore(tag, [2, 1, 7]))
    refuse("image-without-irsa", "does not pass the IAM role on to WAL-G (from 2.1-p7 on it does)");
  // WAL-G 3.0.0 to 3.0.5, pkg/storages/s3/session.go: it assumes the role once more, under AWS_ROLE_SESSION_NAME, which
  // Spilo does not pass on. The AWS SDK refuses an empty name (wal-g/wal-g#1810). 4.1 has WAL-G 3.0.8.
  if (use.irsa && !isBefore(tag, [3, 3, 0]) && isBefore(tag, [4, 1, 0])) {
    refuse(
      "image-cannot-assume-role",
      "has a WAL-G that cannot assume an IAM role: it asks with an empty session name, and fails (WAL-G 3.0.0 to 3.0.5)",
    );
  }
  if (use.irsa && !isBefore(tag, [2, 1, 7]) && isBefore(tag, [2, 1, 9])) {
    problems.push(
      at.warn(
        "image-asks-global-sts",
        "asks the global STS endpoint, not the region's (from 2.1-p9 on it does)",
        takeRecommended,
      ),
    );
  }
  if (
    use.restoredMajor !== undefined &&
    use.restoredMajor !== harborPostgresMajor &&
    !majors.includes(use.restoredMajor)
  ) {
    refuse("image-without-restored-version", `has no PostgreSQL ${use.restoredMajor}, so it cannot read those backups`);
  }
  if (use.restoredMajor !== undefined && use.restoredMajor > harborPostgresMajor) {
    problems.push(
      at.refuse(
        "backup-version-too-new",
        `backups of PostgreSQL ${use.restoredMajor} cannot be restored into Harbor's PostgreSQL ${harborPostgresMajor}`,
        "restore a backup of the same or an older version",
      ),
    );
  }
  if (problems.length > 0) return problems;
  return [at.ok("image-fits", `has PostgreSQL ${harborPostgresMajor} and working backups`)];
}

type Tag = SpiloImage["tag"];

function isBefore(a: Tag, b: Tag): boolean {
  const differing = a.findIndex((part, index) => part !== b[index]);
  return differing >= 0 && (a[differing] ?? 0) < (b[differing] ?? 0);
}

function isSame(a: Tag, b: Tag): boolean {
  return !isBefore(a, b) && !isBefore(b, a);
}

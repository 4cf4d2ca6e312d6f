import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";
import { targetOf, type Restore } from "./restore.ts";
import { leftoverFindings, type LivePodConfig } from "../harbor/pod-config-owners.ts";
import { s3Url, type S3Location } from "../aws/s3-location.ts";
import { checkSpiloImage } from "../spilo/image.ts";
import { overlap } from "../spilo/path.ts";
import { judgeWal } from "../walg/wal-continuity.ts";
import { deltaChain, type BackupDescription } from "../walg/backup.ts";
import { walgFolders, type StoredBackup, type WalgListing } from "../walg/storage.ts";
import {
  checkZalandoConfiguration,
  type DeclaredForOperator,
  type ZalandoConfiguration,
} from "../harbor/zalando-operator.ts";

/** Something that was asked of a live system: the answer, or why there is none. */
export type Gathered<T> = { readonly found: T } | { readonly failed: string };

/** A place of backups and what lies there. */
export interface GatheredPlace {
  readonly location: S3Location;
  readonly listing: Gathered<WalgListing>;
  /** By the backup's name; at least of the one that {@link backupToRestore} names. */
  readonly descriptions: ReadonlyMap<string, Gathered<BackupDescription>>;
}

/** The new cluster's own backups. */
export type OwnPlace =
  /** No `postgresql` resource yet: it will get a UID of its own. */
  | { readonly kind: "not-made" }
  | {
      readonly kind: "made";
      readonly place: GatheredPlace;
      /**
       * System identifier of its database, as Patroni keeps it in the annotation `initialize` of `<postgresql>-config`;
       * undefined as long as none was bootstrapped.
       */
      readonly systemIdentifier: string | undefined;
    };

/** What backups rest upon, with or without a restore. */
export interface SetupFacts {
  readonly image: string;
  readonly operator: Gathered<{ readonly configuration: ZalandoConfiguration; readonly where: string }>;
  readonly declared: DeclaredForOperator;
  /** pod-config as it is; undefined when there is none yet. */
  readonly podConfig: Gathered<LivePodConfig | undefined>;
  /** Names of the keys that pod-config will have. */
  readonly podConfigKeys: readonly string[];
}

/** Everything that the verdict rests upon. Times are milliseconds since 1970. */
export interface PreflightFacts extends SetupFacts {
  readonly restore: Restore;
  readonly now: number;
  /** The places in which Spilo will look, in its order (domain/spilo/path.ts, cloneLocations). */
  readonly sources: readonly GatheredPlace[];
  readonly own: Gathered<OwnPlace>;
}

const hour = 3_600_000;

/** Whether the database's Pods will get what is declared. The Zalando operator ignores what it is not told of, in silence. */
export function judgeSetup(
  { image, operator, declared, podConfig, podConfigKeys }: SetupFacts,
  restore?: Restore,
): Finding[] {
  const irsa = restore !== undefined && restore.credentials !== "secret";
  const where = `ConfigMap ${declared.podConfig.namespace}/${declared.podConfig.name}`;
  const findings = checkSpiloImage(image, { restoredMajor: restore?.postgresVersion, irsa });
  if ("found" in operator) {
    findings.push(...checkZalandoConfiguration(operator.found.configuration, declared, operator.found.where));
  } else {
    const at = findingsAt("the Zalando operator's configuration");
    findings.push(
      at.unknown("operator-configuration-unreadable", operator.failed, "make it readable, or say where it is"),
    );
  }
  if ("failed" in podConfig) {
    const at = findingsAt(where);
    findings.push(at.unknown("pod-config-unreadable", podConfig.failed, "make it readable, then check again"));
  } else if (podConfig.found !== undefined) {
    findings.push(...leftoverFindings(podConfig.found, podConfigKeys, where));
  }
  return findings;
}

/**
 * Whether the restore can be begun. What is not known is a finding of its own, never okay: Spilo answers a place without
 * backups, or one that it cannot read, with a crash loop, and half a configuration with an empty database.
 */
export function judgeRestore(facts: PreflightFacts): Finding[] {
  const { restore, now } = facts;
  const target = targetOf(restore);
  const findings = judgeSetup(facts, restore);
  if (target !== undefined && target > now) {
    findings.push(
      findingsAt("restore.targetTime").refuse(
        "target-time-in-future",
        "lies in the future",
        "leave it out to restore as far as the WAL goes",
      ),
    );
  }
  findings.push(...judgeSources(facts, target), ...judgeBootstrap(facts), ...judgeOwnPlace(facts));
  return findings;
}

/** Spilo clones only into a cluster that was never bootstrapped; in any other it passes over every CLONE_ value in silence. */
function judgeBootstrap({ own, sources }: PreflightFacts): Finding[] {
  if ("failed" in own || own.found.kind === "not-made") return [];
  const { systemIdentifier, place } = own.found;
  if (systemIdentifier === undefined) return [];
  const source = placeToRestore(sources);
  const at = findingsAt(`the database that archives to ${s3Url(place.location)}`);
  if (source !== undefined && identifiersIn(source).includes(systemIdentifier))
    return [at.ok("restore-done", "is the restored one already: it has the system identifier of the backups")];
  return [
    at.refuse(
      "database-exists",
      "exists already and is another one than that of the backups: Spilo would pass over the restore in silence",
      "delete the HarborCluster's postgresql resource with its volumes, if its data may be lost, and let it be made anew",
    ),
  ];
}

function identifiersIn({ descriptions }: GatheredPlace): string[] {
  return [...descriptions.values()].flatMap((gathered) =>
    "found" in gathered && gathered.found.systemIdentifier !== undefined ? [gathered.found.systemIdentifier] : [],
  );
}

/**
 * The place from which Spilo will restore: the first in its order with a finished backup. Undefined when none has one, or
 * when a place before it could not be listed, so that it is not known which is the first.
 */
export function placeToRestore(sources: readonly GatheredPlace[]): GatheredPlace | undefined {
  const first = sources.find(({ listing }) => "failed" in listing || listing.found.backups.length > 0);
  return first !== undefined && "found" in first.listing ? first : undefined;
}

/**
 * The backup that WAL-G will take: the newest by the LastModified of its sentinel, before the target time if there is one
 * (wal-g internal/backup_util.go).
 */
export function backupToRestore(listing: WalgListing, target: number | undefined): StoredBackup | undefined {
  return listing.backups.findLast(({ modified }) => target === undefined || modified < target);
}

function judgeSources({ sources, restore }: PreflightFacts, target: number | undefined): Finding[] {
  const failures = sources.flatMap(({ location, listing }) => {
    if ("found" in listing) return [];
    return [
      findingsAt(s3Url(location)).unknown(
        "backups-unlisted",
        `cannot be listed: ${listing.failed}`,
        "mend the access (credentials, region, endpoint), then check again",
      ),
    ];
  });
  if (failures.length > 0) return failures;
  const place = placeToRestore(sources);
  if (place === undefined || "failed" in place.listing) return [noBackup(sources)];
  const ignored = sources
    .slice(sources.indexOf(place) + 1)
    .filter(({ listing }) => "found" in listing && listing.found.backups.length > 0)
    .map(({ location }) =>
      findingsAt(s3Url(location)).warn(
        "backup-place-ignored",
        `is passed over, for ${s3Url(place.location)} is taken first`,
        "declare the version to restore from with versionInPath",
      ),
    );
  return [...ignored, ...judgeBackup(place, place.listing.found, restore, target)];
}

function noBackup(sources: readonly GatheredPlace[]): Finding {
  const broken = sources.flatMap(({ listing }) => ("found" in listing ? listing.found.incomplete : []));
  const at = findingsAt(sources.map(({ location }) => s3Url(location)).join(", "));
  const fix =
    "correct restore.scope, uid, prefix, postgresVersion or versionInPath; --suggest lists what is in the bucket";
  if (broken.length === 0) return at.refuse("backup-missing", "holds no backup", fix);
  const what = `holds no finished backup, only ${broken.length} broken off or under way`;
  return at.refuse("backup-unfinished", what, fix);
}

function judgeBackup(
  place: GatheredPlace,
  listing: WalgListing,
  restore: Restore,
  target: number | undefined,
): Finding[] {
  const where = s3Url(place.location);
  const backup = backupToRestore(listing, target);
  if (backup === undefined) {
    return [
      findingsAt(where).refuse(
        "backup-before-target-missing",
        "no backup was finished before the target time",
        "take a later restore.targetTime; when the bucket was copied, its LastModified times are those of the copy, and only a restore without a target time finds the backups",
      ),
    ];
  }
  const folder = `${where}/${walgFolders.backups}`;
  const at = findingsAt(`${folder}/${backup.name}`);
  const earlier = "take a target time before this backup";
  const { missing, parents } = deltaChain(backup, listing.backups);
  const findings = [
    at.ok("backup-chosen", `is the backup that will be restored, of ${new Date(backup.modified).toISOString()}`),
  ];
  if (missing !== undefined)
    findings.push(at.refuse("backup-parent-missing", `builds upon ${missing}, which is gone`, earlier));
  for (const { name } of [backup, ...parents].filter(({ hasPgControl }) => !hasPgControl)) {
    findings.push(
      findingsAt(`${folder}/${name}`).refuse(
        "backup-control-file-missing",
        "lacks pg_control.tar, without which PostgreSQL does not start",
        earlier,
      ),
    );
  }
  const description = place.descriptions.get(backup.name);
  const recovery = { backup, target, lastNeededSegment: neededSegment(description) };
  return [
    ...findings,
    ...judgeDescription(description, { backup, at, restore, target }),
    ...judgeIdentifiers(place, findingsAt(where)),
    ...judgeWal(listing, recovery, where),
  ];
}

interface JudgedBackup {
  readonly backup: StoredBackup;
  readonly at: FindingsAt;
  readonly restore: Restore;
  readonly target: number | undefined;
}

function judgeDescription(
  gathered: Gathered<BackupDescription> | undefined,
  { backup, at, restore, target }: JudgedBackup,
): Finding[] {
  if (gathered === undefined || "failed" in gathered) {
    return [
      at.unknown(
        "backup-sentinel-unreadable",
        `its sentinel cannot be read: ${gathered?.failed ?? "it was not asked for"}`,
        "mend the access to the bucket, then check again",
      ),
    ];
  }
  const { postgresMajor, finished, compressedSize } = gathered.found;
  const findings: Finding[] = [];
  if (postgresMajor === undefined) {
    findings.push(
      at.warn(
        "backup-version-unknown",
        "does not say of which PostgreSQL version it is",
        "make sure that it is the declared one",
      ),
    );
  } else if (postgresMajor !== restore.postgresVersion) {
    findings.push(
      at.refuse(
        "backup-version-wrong",
        `is of PostgreSQL ${postgresMajor}, not ${restore.postgresVersion}`,
        `set restore.postgresVersion to ${postgresMajor}`,
      ),
    );
  }
  if (compressedSize !== undefined && backup.size < compressedSize) {
    findings.push(
      at.refuse(
        "backup-parts-missing",
        `its parts have ${backup.size} bytes together and should have ${compressedSize}: some are gone`,
        "take a target time before this backup",
      ),
    );
  }
  if (finished === undefined) {
    findings.push(
      at.warn(
        "backup-metadata-missing",
        "has no metadata.json, so that its time is known only by LastModified",
        "make sure that the bucket was not copied",
      ),
    );
    return findings;
  }
  if (target !== undefined && finished > target) {
    findings.push(
      at.refuse(
        "backup-finished-after-target",
        "was finished after the target time, though its LastModified lies before",
        "take a later restore.targetTime",
      ),
    );
  }
  if (Math.abs(finished - backup.modified) > hour) {
    findings.push(
      at.warn(
        "backup-time-shifted",
        "was finished more than an hour away from its LastModified, by which WAL-G chooses: the bucket was copied",
        "make sure that the newest backup is the one that is meant",
      ),
    );
  }
  return findings;
}

function judgeIdentifiers(place: GatheredPlace, at: FindingsAt): Finding[] {
  const identifiers = new Set(identifiersIn(place));
  if (identifiers.size > 1) {
    return [
      at.refuse(
        "backup-identifiers-mixed",
        `holds backups of ${identifiers.size} databases (system identifiers ${[...identifiers].join(", ")})`,
        "move the backups of the other database away",
      ),
    ];
  }
  if (identifiers.size === 1) return [];
  return [
    at.warn(
      "backup-identifier-missing",
      "no backup says of which database it is (system identifier)",
      "compare the restored data with what is expected",
    ),
  ];
}

function neededSegment(description: Gathered<BackupDescription> | undefined): number | undefined {
  return description !== undefined && "found" in description ? description.found.lastNeededSegment : undefined;
}

function judgeOwnPlace({ own, sources }: PreflightFacts): Finding[] {
  if ("failed" in own) {
    const at = findingsAt("the new cluster's own backups");
    return [at.unknown("own-place-unreadable", own.failed, "make it readable, then check again")];
  }
  if (own.found.kind === "not-made") return [];
  const { place, systemIdentifier } = own.found;
  const at = findingsAt(s3Url(place.location));
  const source = sources.find(({ location }) => overlap(location, place.location));
  if (source !== undefined) {
    return [
      at.refuse(
        "own-place-overlaps",
        `is the place of the backups to restore (${s3Url(source.location)}): the new cluster would write over them`,
        "set wal_s3_bucket in the operator's configuration, and make the cluster anew so that it gets another UID",
      ),
    ];
  }
  if ("failed" in place.listing) {
    const what = `cannot be listed: ${place.listing.failed}`;
    return [at.unknown("own-place-unreadable", what, "mend the access, then check again")];
  }
  const { backups, incomplete, wal } = place.listing.found;
  if (backups.length === 0 && incomplete.length === 0 && wal.size === 0)
    return [at.ok("own-place-empty", "is empty, for the new cluster's own backups")];
  const identifiers = identifiersIn(place);
  const isItsOwn =
    systemIdentifier !== undefined &&
    identifiers.length === backups.length &&
    identifiers.every((identifier) => identifier === systemIdentifier);
  if (isItsOwn) return [at.ok("own-place-own", "holds backups of the running database alone")];
  return [
    at.refuse(
      "own-place-foreign",
      "is not empty, and not known to hold the running database's backups alone",
      "move what lies there away",
    ),
  ];
}

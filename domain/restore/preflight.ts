import { finding, type Finding } from "../finding.ts";
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
  return [
    ...checkSpiloImage(image, { restoredMajor: restore?.postgresVersion, irsa }),
    ...("found" in operator
      ? checkZalandoConfiguration(operator.found.configuration, declared, operator.found.where)
      : [
          finding(
            "unknown",
            operator.failed,
            "the Zalando operator's configuration",
            "make it readable, or say where it is",
          ),
        ]),
    ...("failed" in podConfig
      ? [finding("unknown", podConfig.failed, where, "make it readable, then check again")]
      : []),
    ...("found" in podConfig && podConfig.found !== undefined
      ? leftoverFindings(podConfig.found, podConfigKeys, where)
      : []),
  ];
}

/**
 * Whether the restore can be begun. What is not known is a finding of its own, never okay: Spilo answers a place without
 * backups, or one that it cannot read, with a crash loop, and half a configuration with an empty database.
 */
export function judgeRestore(facts: PreflightFacts): Finding[] {
  const { restore, now } = facts;
  const target = targetOf(restore);
  return [
    ...judgeSetup(facts, restore),
    ...(target !== undefined && target > now
      ? [
          finding(
            "refuse",
            "lies in the future",
            "restore.targetTime",
            "leave it out to restore as far as the WAL goes",
          ),
        ]
      : []),
    ...judgeSources(facts, target),
    ...judgeBootstrap(facts),
    ...judgeOwnPlace(facts),
  ];
}

/** Spilo clones only into a cluster that was never bootstrapped; in any other it passes over every CLONE_ value in silence. */
function judgeBootstrap({ own, sources }: PreflightFacts): Finding[] {
  if ("failed" in own || own.found.kind === "not-made") return [];
  const { systemIdentifier, place } = own.found;
  if (systemIdentifier === undefined) return [];
  const source = placeToRestore(sources);
  const where = `the database that archives to ${s3Url(place.location)}`;
  return source !== undefined && identifiersIn(source).includes(systemIdentifier)
    ? [finding("ok", "is the restored one already: it has the system identifier of the backups", where, "")]
    : [
        finding(
          "refuse",
          "exists already and is another one than that of the backups: Spilo would pass over the restore in silence",
          where,
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
  const failures = sources.flatMap(({ location, listing }) =>
    "failed" in listing
      ? [
          finding(
            "unknown",
            `cannot be listed: ${listing.failed}`,
            s3Url(location),
            "mend the access (credentials, region, endpoint), then check again",
          ),
        ]
      : [],
  );
  if (failures.length > 0) return failures;
  const place = placeToRestore(sources);
  if (place === undefined || "failed" in place.listing) {
    const broken = sources.flatMap(({ listing }) => ("found" in listing ? listing.found.incomplete : []));
    const where = sources.map(({ location }) => s3Url(location)).join(", ");
    const what =
      broken.length > 0 ? `holds no finished backup, only ${broken.length} broken off or under way` : "holds no backup";
    return [
      finding(
        "refuse",
        what,
        where,
        "correct restore.scope, uid, prefix, postgresVersion or versionInPath; --suggest lists what is in the bucket",
      ),
    ];
  }
  const ignored = sources
    .slice(sources.indexOf(place) + 1)
    .filter(({ listing }) => "found" in listing && listing.found.backups.length > 0);
  return [
    ...ignored.map(({ location }) =>
      finding(
        "warn",
        `is passed over, for ${s3Url(place.location)} is taken first`,
        s3Url(location),
        "declare the version to restore from with versionInPath",
      ),
    ),
    ...judgeBackup(place, place.listing.found, restore, target),
  ];
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
      finding(
        "refuse",
        "no backup was finished before the target time",
        where,
        "take a later restore.targetTime; when the bucket was copied, its LastModified times are those of the copy, and only a restore without a target time finds the backups",
      ),
    ];
  }
  const at = `${where}/${walgFolders.backups}/${backup.name}`;
  const { missing, parents } = deltaChain(backup, listing.backups);
  return [
    finding("ok", `is the backup that will be restored, of ${new Date(backup.modified).toISOString()}`, at, ""),
    ...(missing === undefined
      ? []
      : [finding("refuse", `builds upon ${missing}, which is gone`, at, "take a target time before this backup")]),
    ...[backup, ...parents]
      .filter(({ hasPgControl }) => !hasPgControl)
      .map(({ name }) =>
        finding(
          "refuse",
          "lacks pg_control.tar, without which PostgreSQL does not start",
          `${where}/${walgFolders.backups}/${name}`,
          "take a target time before this backup",
        ),
      ),
    ...judgeDescription(place.descriptions.get(backup.name), { backup, at, restore, target }),
    ...judgeIdentifiers(place, where),
    ...judgeWal(
      listing,
      { backup, target, lastNeededSegment: neededSegment(place.descriptions.get(backup.name)) },
      where,
    ),
  ];
}

interface JudgedBackup {
  readonly backup: StoredBackup;
  readonly at: string;
  readonly restore: Restore;
  readonly target: number | undefined;
}

function judgeDescription(
  gathered: Gathered<BackupDescription> | undefined,
  { backup, at, restore, target }: JudgedBackup,
): Finding[] {
  if (gathered === undefined || "failed" in gathered) {
    return [
      finding(
        "unknown",
        `its sentinel cannot be read: ${gathered?.failed ?? "it was not asked for"}`,
        at,
        "mend the access to the bucket, then check again",
      ),
    ];
  }
  const { postgresMajor, finished, compressedSize } = gathered.found;
  return [
    ...(postgresMajor === undefined
      ? [finding("warn", "does not say of which PostgreSQL version it is", at, "make sure that it is the declared one")]
      : []),
    ...(postgresMajor !== undefined && postgresMajor !== restore.postgresVersion
      ? [
          finding(
            "refuse",
            `is of PostgreSQL ${postgresMajor}, not ${restore.postgresVersion}`,
            at,
            `set restore.postgresVersion to ${postgresMajor}`,
          ),
        ]
      : []),
    ...(compressedSize !== undefined && backup.size < compressedSize
      ? [
          finding(
            "refuse",
            `its parts have ${backup.size} bytes together and should have ${compressedSize}: some are gone`,
            at,
            "take a target time before this backup",
          ),
        ]
      : []),
    ...(finished === undefined
      ? [
          finding(
            "warn",
            "has no metadata.json, so that its time is known only by LastModified",
            at,
            "make sure that the bucket was not copied",
          ),
        ]
      : []),
    ...(finished !== undefined && target !== undefined && finished > target
      ? [
          finding(
            "refuse",
            "was finished after the target time, though its LastModified lies before",
            at,
            "take a later restore.targetTime",
          ),
        ]
      : []),
    ...(finished !== undefined && Math.abs(finished - backup.modified) > hour
      ? [
          finding(
            "warn",
            "was finished more than an hour away from its LastModified, by which WAL-G chooses: the bucket was copied",
            at,
            "make sure that the newest backup is the one that is meant",
          ),
        ]
      : []),
  ];
}

function judgeIdentifiers(place: GatheredPlace, where: string): Finding[] {
  const identifiers = new Set(identifiersIn(place));
  if (identifiers.size > 1) {
    return [
      finding(
        "refuse",
        `holds backups of ${identifiers.size} databases (system identifiers ${[...identifiers].join(", ")})`,
        where,
        "move the backups of the other database away",
      ),
    ];
  }
  return identifiers.size === 0
    ? [
        finding(
          "warn",
          "no backup says of which database it is (system identifier)",
          where,
          "compare the restored data with what is expected",
        ),
      ]
    : [];
}

function neededSegment(description: Gathered<BackupDescription> | undefined): number | undefined {
  return description !== undefined && "found" in description ? description.found.lastNeededSegment : undefined;
}

function judgeOwnPlace({ own, sources }: PreflightFacts): Finding[] {
  if ("failed" in own)
    return [finding("unknown", own.failed, "the new cluster's own backups", "make it readable, then check again")];
  if (own.found.kind === "not-made") return [];
  const { place, systemIdentifier } = own.found;
  const where = s3Url(place.location);
  const source = sources.find(({ location }) => overlap(location, place.location));
  if (source !== undefined) {
    return [
      finding(
        "refuse",
        `is the place of the backups to restore (${s3Url(source.location)}): the new cluster would write over them`,
        where,
        "set wal_s3_bucket in the operator's configuration, and make the cluster anew so that it gets another UID",
      ),
    ];
  }
  if ("failed" in place.listing)
    return [
      finding("unknown", `cannot be listed: ${place.listing.failed}`, where, "mend the access, then check again"),
    ];
  const { backups, incomplete, wal } = place.listing.found;
  if (backups.length === 0 && incomplete.length === 0 && wal.size === 0)
    return [finding("ok", "is empty, for the new cluster's own backups", where, "")];
  const identifiers = identifiersIn(place);
  const isItsOwn =
    systemIdentifier !== undefined &&
    identifiers.length === backups.length &&
    identifiers.every((identifier) => identifier === systemIdentifier);
  return isItsOwn
    ? [finding("ok", "holds backups of the running database alone", where, "")]
    : [
        finding(
          "refuse",
          "is not empty, and not known to hold the running database's backups alone",
          where,
          "move what lies there away",
        ),
      ];
}

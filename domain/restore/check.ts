import { z } from "zod";
import { accountIdSchema } from "../aws/account.ts";
import { endpointUrlSchema } from "../aws/endpoint-url.ts";
import { sessionKeysSchema } from "../aws/access-keys.ts";
import { durationSchema } from "../duration-schema.ts";
import { severities } from "../catalogue/finding-codes.ts";
import { findingSchema } from "../finding-schema.ts";
import { findingsAt, type Finding } from "../finding.ts";
import { harborOperatorSchema, harborRequestSchema } from "../harbor/request.ts";
import { backupSchema, bucketName, restoreSchema } from "./restore.ts";
import { runbookPgHba } from "../harbor/pg-hba.ts";
import { describedBackups } from "./backup-identifiers.ts";
import { readReportSchema } from "./read.ts";
import { backupToRestore, placeToRestore, type GatheredPlace } from "./sources.ts";
import { s3Url } from "../aws/s3-location.ts";
import { momentText } from "../text.ts";
import { deltaChain, type BackupDescription } from "../walg/backup.ts";
import { segmentName } from "../walg/segment-name.ts";
import type { StoredBackup } from "../walg/storage.ts";
import { wayOn } from "../walg/timeline.ts";
import { extentOf } from "../walg/wal-continuity.ts";
import { walkWal } from "../walg/wal-way.ts";

const s3EndpointUrl = endpointUrlSchema
  .optional()
  .describe(
    "Address at which this machine reaches AWS S3, such as that of a VPC endpoint; the Pods do not use it. Default: AWS's public address; AWS_ENDPOINT_URL is not used.",
  );

/** What `postgres-recovery restore check --request -` reads from stdin. */
export const restoreCheckRequestSchema = harborRequestSchema.extend({
  operator: harborOperatorSchema.prefault({}),
  image: z.string().min(1).describe("Image of the new database's Pods."),
  backup: backupSchema
    .pick({ bucket: true, region: true, endpoint: true, bucketOwner: true, credentials: true, kmsKey: true })
    .describe("Where the new database writes its own backups."),
  restore: restoreSchema.optional().describe("Default: none; then only what backups need is looked at."),
  pgHba: z
    .array(z.string())
    .default([...runbookPgHba])
    .describe("The whole list of pg_hba."),
  check: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Id of this check, which the report repeats. Whoever acts on a report knows by it that it is the right one.",
    ),
  keys: z
    .strictObject({ backup: sessionKeysSchema.optional(), restore: sessionKeysSchema.optional() })
    .default({})
    .describe(
      "Keys of the database's Pods, so that they are tried, too. Default: the AWS credentials of whoever runs this.",
    ),
  endpointUrl: s3EndpointUrl,
  timeLimit: durationSchema.prefault("5m").describe("For all listings and everything small that is read of S3."),
  read: z
    .boolean()
    .default(false)
    .describe("Whether the backup and its WAL are downloaded and read to the end. Nothing is kept."),
  readTimeLimit: durationSchema.prefault("12h").describe("For that download."),
});
export type RestoreCheckRequest = z.infer<typeof restoreCheckRequestSchema>;

/** The backup that would be restored. */
export const chosenBackupSchema = z.object({
  name: z.string(),
  /** `s3://BUCKET/PREFIX`. */
  place: z.string(),
  /** LastModified of its sentinel. */
  modified: z.iso.datetime(),
  finished: z.iso.datetime().nullable(),
  postgresVersion: z.int().nullable(),
  systemIdentifier: z.string().nullable(),
  /** LastModified of the newest WAL segment that the restore can reach. */
  walUntil: z.iso.datetime().nullable(),
  /**
   * The timeline that the recovery follows to its end, and the last WAL segment there that it can reach. Null when the
   * history is not known; absent in reports of older versions.
   */
  walEnd: z.object({ timeline: z.int(), segment: z.string().nullable() }).nullish(),
  /** Bytes of its files before they were packed, with those of the backups on which it builds. */
  dataBytes: z
    .number()
    .nullish()
    .describe(
      "Bytes of the backup's files before they were packed, with those of the backups on which it builds. Null when not known; absent in reports of older versions.",
    ),
});
export type ChosenBackup = z.infer<typeof chosenBackupSchema>;

/** What `postgres-recovery restore check -o json` prints. Within one version, fields are only ever added. */
export const restoreCheckReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  /** Its id; null when none is declared. */
  restore: z.string().nullable(),
  /** The gravest of the findings; only `ok` and `warn` let a restore begin. */
  verdict: z.enum(severities),
  findings: z.array(findingSchema),
  /** Id of this check, as in the request; null when it has none. */
  check: z.string().nullable().default(null),
  /** Null when it is not known which one Spilo would take. */
  backup: chosenBackupSchema.nullable(),
  /** What was downloaded and read; null when that was not asked for, or when the listings already refuse the restore. */
  read: readReportSchema.nullable().default(null),
  checkedAt: z.iso.datetime(),
});
export type RestoreCheckReport = z.infer<typeof restoreCheckReportSchema>;

/** What `postgres-recovery restore check --suggest` asks. */
export const suggestRequestSchema = z.strictObject({
  bucket: bucketName,
  region: z.string().min(1),
  endpoint: z.string().optional(),
  endpointUrl: endpointUrlSchema.optional(),
  bucketOwner: accountIdSchema.optional(),
});

/** A place with backups, in the words of the setting `restore`. */
export const suggestionSchema = z.object({
  scope: z.string(),
  /** Null for backups without a UID in their path: then the setting is `prefix: ""`. */
  uid: z.string().nullable(),
  /** Null when the version is not part of the path; the backups themselves name it then. */
  postgresVersion: z.int().nullable(),
  versionInPath: z.boolean(),
  place: z.string(),
  backups: z.int(),
  newest: z.object({ name: z.string(), modified: z.iso.datetime() }).nullable(),
});
export type Suggestion = z.infer<typeof suggestionSchema>;

/** What `postgres-recovery restore check --suggest -o json` prints. */
export const suggestReportSchema = z.object({
  version: z.literal(1),
  bucket: z.string(),
  /** Newest backup first. */
  places: z.array(suggestionSchema),
});
export type SuggestReport = z.infer<typeof suggestReportSchema>;

/** The backup that Spilo would take; null when that is not known. */
export function chosenBackup(sources: readonly GatheredPlace[], target: number | undefined): ChosenBackup | null {
  const place = placeToRestore(sources, target);
  const backup =
    place !== undefined && "found" in place.listing ? backupToRestore(place.listing.found, target) : undefined;
  if (place === undefined || "failed" in place.listing || backup === undefined) return null;
  const described = place.descriptions.get(backup.name);
  const description = described !== undefined && "found" in described ? described.found : undefined;
  const { wal } = place.listing.found;
  const newest = Math.max(
    ...[...wal]
      .filter(([timeline]) => timeline >= backup.timeline)
      .flatMap(([, runs]) => runs.map(({ lastModified }) => lastModified)),
  );
  return {
    name: backup.name,
    place: s3Url(place.location),
    modified: momentText(backup.modified),
    finished: description?.finished === undefined ? null : momentText(description.finished),
    postgresVersion: description?.postgresMajor ?? null,
    systemIdentifier: description?.systemIdentifier ?? null,
    walUntil: Number.isFinite(newest) ? momentText(newest) : null,
    walEnd: walEndOf(place, backup, description),
    dataBytes: dataBytesOf(place.listing.found.backups, backup, describedBackups(place.descriptions)),
  };
}

/** Null as soon as one of the backups does not say its size. */
function dataBytesOf(
  all: readonly StoredBackup[],
  backup: StoredBackup,
  descriptions: ReadonlyMap<string, BackupDescription>,
): number | null {
  const { parents, missing } = deltaChain(backup, all, ({ name }) => descriptions.get(name)?.deltaFrom);
  const sizes = [backup, ...parents].map(({ name }) => descriptions.get(name)?.uncompressedSize);
  if (missing !== undefined || !sizes.every((size) => size !== undefined)) return null;
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Where the recovery of a backup ends. */
function walEndOf(
  { listing, history }: GatheredPlace,
  backup: StoredBackup,
  description: BackupDescription | undefined,
): ChosenBackup["walEnd"] {
  if ("failed" in listing || (history !== undefined && "failed" in history)) return null;
  const legs = wayOn(backup.timeline, extentOf(backup, description), history?.found);
  const last = legs?.at(-1);
  if (legs === undefined || last === undefined) return null;
  const way = walkWal(legs, backup.startSegment, listing.found.segments);
  const end = way.segments.last;
  return {
    timeline: last.timeline,
    segment: end === undefined ? null : segmentName(way.timelineOf(end.number), end.number),
  };
}

/** Whether S3 was read with the Pods' own credentials. Only the Pods themselves can assume their role. */
export function credentialFindings({ keys, restore }: Pick<RestoreCheckRequest, "keys" | "restore">): Finding[] {
  if (restore === undefined) return [];
  const at = findingsAt("restore.credentials");
  if (restore.credentials !== "secret") {
    return [
      at.warn(
        "restore-credentials-untried",
        `the role ${restore.credentials.irsaRoleArn} was not tried: S3 was read with the caller's AWS credentials`,
        "make sure that the Pods' service account may assume the role, and that its policy is that of a reader of the backups",
      ),
    ];
  }
  if (keys.restore !== undefined) return [];
  return [
    at.warn(
      "restore-credentials-untried",
      "the keys of the pod Secret were not tried: S3 was read with the caller's AWS credentials",
      "run it as part of `pulumi up`, or with the Pods' keys in the request or the environment",
    ),
  ];
}

import { z } from "zod";
import { s3Url } from "../aws/s3-location.ts";
import { findingCodes, severities } from "../catalogue/finding-codes.ts";
import { findingSchema } from "../finding-schema.ts";
import { readReportSchema } from "../restore/read.ts";
import { momentText } from "../text.ts";
import { segmentName } from "../walg/segment-name.ts";
import { lsn } from "../walg/timeline.ts";
import type { GatheredPrefix, RecoverableBackup } from "./recoverability.ts";
import type { RecoveryWindow } from "./windows.ts";

const codeSchema = z.enum(findingCodes);
const windowSchema = z.object({
  from: z.iso.datetime().describe("The earliest moment: the end of the (first) backup."),
  until: z.iso
    .datetime()
    .nullable()
    .describe(
      "LastModified of the last WAL segment that a recovery reaches; null when that is the time of a copy, which says nothing of when the segment was written.",
    ),
  endedBy: codeSchema.nullable().describe("What ends the recovery there; null when it reaches the newest WAL."),
});

const listedBackupSchema = z.object({
  name: z.string(),
  type: z.enum(["full", "delta"]).describe("A delta holds what has changed since the backup on which it is based."),
  parent: z.string().nullable().describe("The backup on which a delta is based; null for a full one."),
  timeline: z.int(),
  startSegment: z.string().describe("The WAL segment at which it begins."),
  startLsn: z.string().nullable(),
  started: z.iso.datetime().nullable(),
  finished: z.iso.datetime().nullable(),
  modified: z.iso.datetime().describe("LastModified of its sentinel, by which WAL-G orders backups."),
  bytes: z.int().describe("Size of its parts in S3."),
  postgresVersion: z.int().nullable(),
  systemIdentifier: z.string().nullable(),
  restorable: z
    .enum(["yes", "no", "unknown"])
    .describe(
      "Whether WAL-G and PostgreSQL get all that they need, as far as the listing and the contents that were read tell.",
    ),
  because: z.array(codeSchema).describe("Codes of what is wrong or unknown; empty when it can be restored."),
  window: windowSchema
    .extend({ lastSegment: z.string().describe("The last WAL segment that a recovery reaches.") })
    .nullable()
    .describe("The moments to which it can be restored; null when it cannot, or when its WAL is not known."),
});

/** What `postgres-recovery backup list -o json` prints. Within one version, fields are only ever added. */
export const backupListReportSchema = z.object({
  version: z.literal(1),
  context: z.string().nullable().describe("The kubeconfig's context; null when Kubernetes was not asked."),
  cluster: z.string(),
  place: z.string().describe("`s3://BUCKET/PREFIX` of the backups."),
  backups: z.array(listedBackupSchema).describe("Finished backups, oldest first."),
  unfinished: z
    .array(z.object({ name: z.string(), modified: z.iso.datetime() }))
    .describe("Backups without a sentinel: still running, or interrupted."),
  windows: z
    .array(windowSchema.extend({ backups: z.array(z.string()) }))
    .describe("Moments to which the database can be restored without a hole between them, oldest first."),
  lossNow: z
    .object({
      what: z
        .enum(["since", "everything", "unknown"])
        .describe("since: everything since a moment; unknown: only the times of a copy are known."),
      since: z.iso.datetime().nullable(),
      seconds: z.int().nullable().describe("Between that moment and this check; null when it is not known."),
    })
    .describe("What would be lost if the database were lost now, and restored from here."),
  checkedAt: z.iso.datetime(),
});
export type BackupListReport = z.infer<typeof backupListReportSchema>;

/** What `postgres-recovery backup verify -o json` prints. Within one version, fields are only ever added. */
export const backupVerifyReportSchema = backupListReportSchema.extend({
  verdict: z.enum(severities),
  findings: z.array(findingSchema),
  read: readReportSchema.nullable().describe("What was downloaded and read; null when that was not asked for."),
  notReadAgain: z
    .object({ backups: z.int(), segments: z.int() })
    .nullable()
    .default(null)
    .describe("What was not downloaded, because a proof in the ledger is young enough; null without --reverify-after."),
  remembered: z
    .string()
    .nullable()
    .default(null)
    .describe("`s3://…` of the entry in the ledger of proofs; null when none was written."),
});

/** What is reported about the backups of a place. */
export function backupListReport(
  { listing, location }: GatheredPrefix,
  backups: readonly RecoverableBackup[],
  windows: readonly RecoveryWindow[],
  now: number,
): Pick<BackupListReport, "backups" | "lossNow" | "place" | "unfinished" | "windows"> {
  return {
    place: s3Url(location),
    backups: backups.map(listed),
    unfinished: listing.incomplete.map(({ name, modified }) => ({ name, modified: momentText(modified) })),
    windows: windows.map((window) => ({ ...windowText(window), backups: [...window.backups] })),
    lossNow: lossNow(windows.at(-1), now),
  };
}

function lossNow(newest: RecoveryWindow | undefined, now: number): BackupListReport["lossNow"] {
  if (newest === undefined) return { what: "everything", since: null, seconds: null };
  if (newest.until === undefined) return { what: "unknown", since: null, seconds: null };
  const seconds = Math.max(0, Math.round((now - newest.until) / 1000));
  return { what: "since", since: momentText(newest.until), seconds };
}

function windowText({
  from,
  until,
  end,
}: Pick<RecoveryWindow, "from" | "until" | "end">): z.infer<typeof windowSchema> {
  return {
    from: momentText(from),
    until: until === undefined ? null : momentText(until),
    endedBy: end?.code ?? null,
  };
}

function listed({
  backup,
  description,
  findings,
  restorable,
  window,
}: RecoverableBackup): BackupListReport["backups"][number] {
  const { modified, name, parent, size, startSegment, timeline } = backup;
  const grave = findings.filter(({ severity }) => severity === "refuse" || severity === "unknown");
  const text = (moment: number | undefined): string | null => (moment === undefined ? null : momentText(moment));
  return {
    name,
    type: parent === undefined && description?.deltaFrom === undefined ? "full" : "delta",
    parent: description?.deltaFrom ?? (parent === undefined ? null : `base_${parent}`),
    timeline,
    startSegment: segmentName(timeline, startSegment),
    startLsn: description?.startLsn === undefined ? null : lsn(description.startLsn),
    started: text(description?.started),
    finished: text(description?.finished),
    modified: momentText(modified),
    bytes: size,
    postgresVersion: description?.postgresMajor ?? null,
    systemIdentifier: description?.systemIdentifier ?? null,
    restorable,
    because: [...new Set(grave.map(({ code }) => code))],
    window: window === undefined ? null : { ...windowText(window), lastSegment: window.lastSegment },
  };
}

import { z } from "zod";
import { checkStatuses, proofVerdicts } from "../restore/proof/checks.ts";

/** What an entry proves, by what was done. */
const proofKinds = ["content-check", "drill", "restore-proof"] as const;

/** An object as S3 listed it when it was read: a change of any of its objects changes the fingerprint. */
const fingerprintSchema = z
  .string()
  .describe("SHA-256, as base64url, of the names, sizes, LastModified and ETags of its objects.");

const readBackupSchema = z.object({
  name: z.string(),
  verdict: z.enum(proofVerdicts),
  fingerprint: fingerprintSchema,
  bytes: z.int().describe("Size of its parts in S3."),
  hasFileList: z.boolean().describe("Whether its files were compared with WAL-G's list of them."),
  systemIdentifier: z.string().nullable().describe("By its pg_control; null without one."),
  controlVersion: z.int().nullable().describe("PG_CONTROL_VERSION of its pg_control; null without one."),
});
export type ReadBackup = z.infer<typeof readBackupSchema>;

const readWalSchema = z.object({
  timeline: z.int(),
  first: z.int().describe("Number of the first segment: its position in the WAL divided by 16 MiB."),
  last: z.int().describe("Number of the last segment. No segment between the two is missing."),
  fingerprint: z
    .string()
    .describe("SHA-256, as base64url, of the numbers, sizes, LastModified and endings of the segments' objects."),
});
export type ReadWal = z.infer<typeof readWalSchema>;

const seconds = (description: string) => z.number().nonnegative().nullable().describe(description);

/** What was proven, apart from its place in the ledger. */
export const ledgerDraftSchema = z.object({
  kind: z
    .enum(proofKinds)
    .describe(
      "content-check: backups and WAL were read to the end. drill: a backup was restored beside the database. restore-proof: a restored database was looked at.",
    ),
  at: z.iso.datetime().describe("When it ended."),
  cluster: z.string().describe("The database's cluster, as NAMESPACE/NAME."),
  context: z.string().nullable().describe("The kubeconfig's context; null when Kubernetes was not asked."),
  place: z.string().describe("`s3://BUCKET/PREFIX` of the backups."),
  systemIdentifier: z.string().nullable().describe("Of the database in the backups; null when it is not known."),
  backup: z
    .string()
    .nullable()
    .describe("Name of the backup that was restored, or of the newest that was read; null when none was."),
  drill: z.string().nullable().describe("The drill's id; null for another kind."),
  target: z.iso.datetime().nullable().describe("The moment to restore to; null for the end of the WAL."),
  verdict: z.enum(proofVerdicts),
  checks: z
    .array(
      z.object({
        check: z.string(),
        status: z.enum(checkStatuses),
        codes: z.array(z.string()).describe("Codes of what is wrong or unknown."),
      }),
    )
    .describe("What was checked, and how each check ended."),
  rpoSeconds: seconds("How much was lost: from the newest commit to the loss. Null when it is not known."),
  rpoTargetSeconds: seconds("The most that may be lost; null without a target."),
  rtoSeconds: seconds("From the beginning of the restore to its proof. Null when nothing was restored."),
  rtoTargetSeconds: seconds("The longest that it may take; null without a target."),
  seconds: z.number().nonnegative().describe("How long all of it took."),
  bytesRead: z.int().nullable().describe("Bytes that were downloaded of S3; null when they were not counted."),
  databaseBytes: z.int().nullable().describe("Size of the restored database; null when it is not known."),
  contents: z
    .object({
      backups: z.array(readBackupSchema).describe("The backups that were read."),
      wal: z.array(readWalSchema).describe("The WAL that was read and found sound, in runs of at most 256 segments."),
    })
    .nullable()
    .describe("What a content check has read; null for another kind."),
});
export type LedgerDraft = z.infer<typeof ledgerDraftSchema>;

/** One entry of the ledger: the payload of a signed object. Within one version, fields are only ever added. */
export const ledgerEntrySchema = ledgerDraftSchema.extend({
  version: z.literal(1),
  number: z.int().positive().describe("Its place in the ledger, from 1 on."),
  previous: z
    .string()
    .nullable()
    .describe("SHA-256, as base64url, of the object of the entry before; null for the first one."),
  tool: z.string().describe("The program that wrote it, with its version."),
});
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;

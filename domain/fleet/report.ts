import { z } from "zod";
import { severities } from "../catalogue/finding-codes.ts";
import { repositoryBackupsSchema } from "../stanza/status.ts";

// What is known about the backups of all clusters, as facts. What gathers them leaves out a part that it did not ask for, and
// says `unknown` and why where it asked and got no answer. domain/fleet/status.ts judges the facts.

const moment = z.iso.datetime();
const seconds = z.number().nonnegative();
const bytes = z.int().nonnegative();
const unknown = z.object({
  status: z.literal("unknown").describe("It was asked for, and could not be found out."),
  why: z.string().describe("Why it is not known, for a person."),
});

const sourceSchema = z.object({
  source: z.string().describe("What was asked, such as `stanza list` or `stack dev`."),
  status: z
    .enum(["complete", "partial", "failed"])
    .describe("partial and failed: clusters may be missing from this report."),
  detail: z.string().describe("What came out, or what is missing and why, for a person."),
});

const targetsSchema = z.object({
  rpoSeconds: seconds.nullable().describe("The most that a loss may cost, in seconds; null: no target."),
  rtoSeconds: seconds.nullable().describe("The longest that a restore may take, in seconds; null: no target."),
  proofAgeSeconds: seconds.nullable().describe("How old the last proof may become, in seconds; null: no target."),
});

const alarmSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("proven").describe("A test alarm arrived."),
    at: moment.describe("When it arrived (ISO 8601, UTC)."),
    sink: z.string().describe("Where it arrived, without credentials."),
  }),
  z.object({ status: z.literal("never").describe("No delivery was ever proven.") }),
  z.object({
    status: z.literal("failed").describe("The last test alarm did not arrive."),
    at: moment.describe("When it was sent (ISO 8601, UTC)."),
    why: z.string().describe("Which hop failed, for a person."),
  }),
  unknown,
]);

const pricesSchema = z.object({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .describe("ISO 4217, such as USD."),
  asOf: z.iso.date().nullable().describe("The day of the price list; null when it is not known."),
  perGibibyteMonth: z
    .record(z.string(), z.number().nonnegative())
    .describe("The price of 2^30 bytes for a month, by storage class as S3 lists it, such as STANDARD."),
});

const backupTypes = ["full", "differential", "incremental", "delta"] as const;
const backupSchema = z.object({
  name: z.string().describe("Label or name, as pgBackRest or WAL-G has it."),
  type: z.enum(backupTypes).describe("pgBackRest: full, differential, incremental. WAL-G: full, delta."),
  finishedAt: moment.describe("When it ended (ISO 8601, UTC)."),
  bytes: bytes.nullable().describe("Its size in the repository, in bytes; null when it is not known."),
  restorable: z
    .enum(["yes", "no", "unknown"])
    .describe("Whether a restore gets all that it needs, as far as is known."),
});

const newestBackupSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("known"),
    name: z.string().nullable().describe("Label or name; null when only the time is known."),
    type: z.enum(backupTypes).describe("pgBackRest: full, differential, incremental. WAL-G: full, delta."),
    finishedAt: moment.describe("When it ended (ISO 8601, UTC)."),
  }),
  z.object({ status: z.literal("none").describe("The repository was read, and holds no finished backup.") }),
  unknown,
]);

const recoverySchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("known"),
    windows: z
      .array(
        z.object({
          from: moment.describe("The earliest moment (ISO 8601, UTC)."),
          until: moment
            .nullable()
            .describe("The latest moment (ISO 8601, UTC); null when the recovery has an end whose time is not known."),
          endedBy: z.string().nullable().describe("What ends it there; null when it reaches the newest WAL."),
          repository: z
            .string()
            .optional()
            .describe("pgBackRest's repository, such as `repo1`. Absent: there is only one."),
        }),
      )
      .describe("Moments to which a restore is possible, without a hole inside of one, oldest first. Empty: none."),
  }),
  unknown,
]);

const lossNowSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("since").describe("The changes since a moment."),
    since: moment.describe("The moment (ISO 8601, UTC)."),
    seconds: seconds.describe("Between that moment and the look at the cluster, in seconds."),
    bytes: bytes
      .nullable()
      .optional()
      .describe(
        "WAL that is written and not archived: next to none when nothing was written. Null or absent: not known.",
      ),
  }),
  z.object({ status: z.literal("everything").describe("No backup leads to any moment.") }),
  unknown,
]);

const proofSchema = z.object({
  at: moment.describe("When the proof ended (ISO 8601, UTC)."),
  kind: z
    .enum(["content-check", "drill", "restore-proof"])
    .describe(
      "content-check: the backup was read whole. drill: it was restored beside production. restore-proof: it was restored.",
    ),
  outcome: z
    .enum(["proven", "failed", "not-proven"])
    .describe("not-proven: the entry is not signed, forged, or signed with an unknown key."),
  backup: z.string().nullable().describe("The backup; null when it is not known."),
  rpoSeconds: seconds.nullable().describe("Seconds that were lost; null when they were not measured."),
  rtoSeconds: seconds
    .nullable()
    .describe("Seconds from the first write to the proof; null when they were not measured."),
  bytes: bytes.nullable().describe("Bytes that were read or restored; null when they were not counted."),
});

const proofsSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("known"),
    entries: z.array(proofSchema).describe("The entries of the ledger, oldest first. Empty: nothing was ever proven."),
  }),
  unknown,
]);

const storageSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("known"),
    bytes: bytes.describe("Sum of all objects or files, in bytes."),
    classes: z
      .array(
        z.object({
          storageClass: z.string().describe("As S3 lists it, such as STANDARD or GLACIER."),
          bytes: bytes.describe("Sum of its objects, in bytes."),
        }),
      )
      .optional()
      .describe("The same by storage class; absent when the repository is not in S3."),
  }),
  unknown,
]);

const watchSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("watched"),
    by: z.array(z.string()).min(1).describe("What watches it, such as `stack dev`."),
  }),
  z.object({ status: z.literal("not-watched").describe("Everything was asked, and nothing watches it.") }),
  unknown,
]);

const clusterFindingSchema = z.object({
  severity: z
    .enum(severities)
    .describe("refuse: data is or would be lost; unknown: could not be determined; warn; ok."),
  code: z.string().describe("A code that stays the same in every version. docs/findings.md explains it."),
  what: z.string().describe("What was found, for a person."),
  fix: z.string().describe("What to do about it; empty when there is nothing to do."),
});

const fleetClusterSchema = z.object({
  kubernetes: z.string().nullable().describe("Context of the Kubernetes cluster; null when only S3 was asked."),
  namespace: z.string().describe("Its namespace."),
  name: z.string().describe("Name of its resource."),
  operator: z
    .enum(["pgo", "zalando", "cloudnative-pg", "unknown"])
    .describe("Whose resource it is: Crunchy PGO, Zalando's operator (Harbor, too), CloudNativePG."),
  stanza: z
    .string()
    .optional()
    .describe("The pgBackRest stanza, or the place of the backups in S3. Absent: not known."),
  stanzaStatus: z
    .string()
    .optional()
    .describe("The status of the stanza, as `stanza list` words it. Absent: no stanza."),
  notExpected: z
    .string()
    .optional()
    .describe("Why no backups are expected (backups disabled, shut down, standby). Absent: they are expected."),
  watch: watchSchema.optional().describe("What watches it. Absent: not asked."),
  newestBackup: newestBackupSchema.optional().describe("The newest finished backup. Absent: not asked."),
  newestFullAt: moment
    .optional()
    .describe("When the newest full backup ended (ISO 8601, UTC). Absent: there is none, or it is not known."),
  backups: z.array(backupSchema).optional().describe("All finished backups, oldest first. Absent: not asked."),
  recovery: recoverySchema.optional().describe("To which moments it can be restored. Absent: not asked."),
  lossNow: lossNowSchema.optional().describe("What a loss at this moment would cost (RPO now). Absent: not asked."),
  proofs: proofsSchema.optional().describe("What the ledger says of restores and checks. Absent: not asked."),
  alarm: alarmSchema.optional().describe("Its own last proven alarm. Absent: that of the whole report counts."),
  targets: targetsSchema.optional().describe("Its own targets. Absent: those of the whole report count."),
  repositories: z
    .array(repositoryBackupsSchema)
    .optional()
    .describe("What each pgBackRest repository holds. Absent: not asked, or not known."),
  storage: storageSchema.optional().describe("What its backups and WAL take. Absent: not asked."),
  findings: z.array(clusterFindingSchema).describe("What was found, the gravest first. Empty: nothing."),
});

/**
 * The backups of all clusters: what `report fleet` reads and prints with `-o json`. Within one version, fields are only ever
 * added.
 */
export const fleetReportSchema = z.object({
  version: z.literal(1).describe("Version of this format."),
  gatheredAt: moment.describe("When the facts were gathered (ISO 8601, UTC). All ages count to this moment."),
  sources: z.array(sourceSchema).describe("Everything that was asked, also what did not answer."),
  targets: targetsSchema.optional().describe("Targets of clusters that have none of their own. Absent: no targets."),
  alarm: alarmSchema.optional().describe("The last proven alarm of the whole fleet. Absent: not asked."),
  prices: pricesSchema.optional().describe("Prices of storage. Absent: no cost is shown."),
  clusters: z.array(fleetClusterSchema).describe("Every cluster that any source knows."),
});
export type FleetReport = z.infer<typeof fleetReportSchema>;
export type FleetCluster = FleetReport["clusters"][number];

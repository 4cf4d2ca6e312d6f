import { z } from "zod";
import { s3Url, type S3Location } from "../aws/s3-location.ts";
import { severities } from "../catalogue/finding-codes.ts";
import { gravest } from "../finding.ts";
import { findingSchema } from "../finding-schema.ts";
import { ledgerEntrySchema } from "./entry.ts";
import { isProven, notProvenReasons, type JudgedEntry, type JudgedLedger } from "./judge.ts";

const listedEntrySchema = z.object({
  number: z.int().positive().describe("Its place in the ledger, from 1 on."),
  status: z.enum(["proven", "not-proven"]).describe("proven: signed by a known key, for this place in this ledger."),
  reason: z.enum(notProvenReasons).nullable().describe("Why it is not proven; null when it is."),
  keyId: z.string().nullable().describe("JWK thumbprint (RFC 7638) of the key that it names; null when it names none."),
  entry: ledgerEntrySchema
    .nullable()
    .describe("What it says; null when it is not proven, because then it counts for nothing."),
});

/** What `postgres-recovery backup proofs -o json` prints. Within one version, fields are only ever added. */
export const backupProofsReportSchema = z.object({
  version: z.literal(1),
  context: z.string().nullable().describe("The kubeconfig's context; null when Kubernetes was not asked."),
  cluster: z.string(),
  ledger: z.string().describe("`s3://BUCKET/PREFIX` of the entries."),
  entries: z.array(listedEntrySchema).describe("In the order in which they were written."),
  verdict: z.enum(severities),
  findings: z.array(findingSchema),
  checkedAt: z.iso.datetime(),
});
type BackupProofsReport = z.infer<typeof backupProofsReportSchema>;

/** What is reported of a ledger. */
export function ledgerReport(
  place: S3Location,
  { entries, findings }: JudgedLedger,
): Pick<BackupProofsReport, "entries" | "findings" | "ledger" | "verdict"> {
  return {
    ledger: s3Url(place),
    entries: entries.map(listed),
    verdict: gravest(findings),
    findings: [...findings],
  };
}

function listed(judged: JudgedEntry): BackupProofsReport["entries"][number] {
  const { number } = judged;
  return isProven(judged)
    ? { number, status: "proven", reason: null, keyId: judged.keyId, entry: judged.entry }
    : { number, status: "not-proven", reason: judged.reason, keyId: judged.keyId ?? null, entry: null };
}

import { parseS3Url, s3Url } from "../../domain/aws/s3-location.ts";
import { drillDraft } from "../../domain/drill/ledger-draft.ts";
import { findingsAt } from "../../domain/finding.ts";
import { entryKey, ledgerOf } from "../../domain/ledger/place.ts";
import type { Judged } from "../../domain/restore/proof/checks.ts";
import type { Restore } from "../../domain/restore/restore.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { gathered } from "../gathered.ts";
import { appendToLedger, type LedgerWriter } from "../ledger/ledger.ts";

/** Writes a drill into the ledger of proofs beside the backups. A ledger that cannot be written is a finding. */
export async function rememberDrill(
  writer: LedgerWriter,
  { id, report, restore }: { readonly id: string; readonly report: ReportOf<"drill run">; readonly restore: Restore },
  signal: AbortSignal,
): Promise<{ readonly judged: Judged; readonly remembered: string | null }> {
  const draft = drillDraft(report, restore, id);
  const ledger = ledgerOf(parseS3Url(draft.place) ?? { bucket: restore.bucket, prefix: "" });
  const at = findingsAt(s3Url(ledger));
  const expected = "the ledger of proofs has this drill, signed";
  const written = await gathered(appendToLedger(writer, ledger, draft, signal), signal);
  if ("failed" in written) {
    const fix = "give the AWS credentials s3:PutObject, s3:GetObject and s3:ListBucket there, then drill again";
    const findings = [at.unknown("drill-not-remembered", `did not take the proof: ${written.failed}`, fix)];
    return { judged: { expected, found: "not written", findings }, remembered: null };
  }
  const remembered = s3Url({ bucket: ledger.bucket, prefix: entryKey(ledger.prefix, written.found.number) });
  const found = `entry ${written.found.number}`;
  return {
    judged: { expected, found, findings: [at.ok("drill-remembered", `has the drill as ${found}`)] },
    remembered,
  };
}

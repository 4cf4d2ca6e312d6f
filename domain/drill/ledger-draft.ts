import type { z } from "zod";
import { s3Url } from "../aws/s3-location.ts";
import type { LedgerDraft } from "../ledger/entry.ts";
import { restorePath, targetOf, type Restore } from "../restore/restore.ts";
import { spiloLocation } from "../spilo/path.ts";
import { momentText } from "../text.ts";
import type { drillRunReportSchema } from "./report.ts";

type Report = z.output<typeof drillRunReportSchema>;

/**
 * What the ledger of proofs gets of a drill.
 *
 * @param id of the drill.
 */
export function drillDraft(report: Report, restore: Restore, id: string): LedgerDraft {
  const { backup, checks, phases, rpo, rto } = report;
  const target = targetOf(restore);
  return {
    kind: "drill",
    at: report.checkedAt,
    cluster: report.cluster,
    context: report.context,
    place: backup?.place ?? s3Url(spiloLocation(restorePath(restore))),
    systemIdentifier: backup?.systemIdentifier ?? null,
    backup: backup?.name ?? null,
    drill: id,
    target: target === undefined ? null : momentText(target),
    verdict: report.verdict,
    checks: checks.map(({ check, status, findings }) => ({
      check,
      status,
      codes: [...new Set(findings.filter(({ severity }) => severity !== "ok").map(({ code }) => code))],
    })),
    rpoSeconds: rpo.seconds,
    rpoTargetSeconds: rpo.target,
    rtoSeconds: rto.seconds,
    rtoTargetSeconds: rto.target,
    seconds: phases.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
    bytesRead: null,
    databaseBytes: null,
    contents: null,
  };
}

import { gravest, findingsAt, type Finding } from "../../finding.ts";
import type { RegistryCheckReport } from "../../registry/check.ts";
import type { CheckStatus, Judged } from "./checks.ts";
import type { RegistryProof } from "./request.ts";

const expectation = "every blob that the database names is in the bucket";

/**
 * What the comparison of the registry means for the proof. Blobs that are missing do not undo the restore of the database:
 * one that was restored to an earlier moment also names blobs that a garbage collection has deleted since, and no other
 * restore brings them back. So they are a warning, unless `problems` is `fail`.
 */
export function judgeRestoredRegistry(
  { counted, findings, place }: Pick<RegistryCheckReport, "counted" | "findings" | "place">,
  problems: RegistryProof["problems"],
): Judged {
  const judged = problems === "fail" ? findings : findings.map(asWarning);
  const status = { refuse: "failed", unknown: "unknown", warn: "warning", ok: "ok" } as const;
  return {
    expected: `${expectation} (${place})`,
    found: foundText(counted),
    findings: judged,
    status: status[gravest(judged)] satisfies CheckStatus,
  };
}

/** The registry was not compared. */
export function uncomparedRegistry(where: string, skip: string | undefined): Judged {
  const what = `the registry was not compared: ${skip ?? "the bucket of Harbor's artifacts is not named"}`;
  const fix = skip === undefined ? "name it: buckets.artifacts of the stack's settings, or --registry-bucket" : "";
  const finding = findingsAt(where).warn("restored-registry-not-compared", what, fix);
  return { expected: expectation, found: "not compared", findings: [finding] };
}

function asWarning(finding: Finding): Finding {
  if (finding.severity !== "refuse") return finding;
  return findingsAt(finding.where).warn("restored-registry-incomplete", finding.what, finding.fix);
}

function foundText(counted: RegistryCheckReport["counted"]): string {
  if (counted === null) return "not known";
  const { archived, damaged, different, missing, named } = counted;
  const broken = [
    [missing, "missing"],
    [different, "of another size"],
    [damaged ?? 0, "of another content"],
    [archived, "archived"],
  ] as const;
  const texts = broken.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `${named} blobs named: ${texts.length === 0 ? "all there" : texts.join(", ")}`;
}

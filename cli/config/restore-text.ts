import { formatDuration, type Duration } from "../../domain/duration.ts";
import type { Candidate } from "../../domain/restore/section.ts";
import type { ConfigRestoreReport } from "../../domain/stack/config-edit.ts";
import { visibleLine } from "../../domain/visible-text.ts";
import { findingsTable } from "../findings.ts";
import type { ColorChoice } from "../options.ts";
import { outputWidth } from "../output.ts";
import { table } from "../table.ts";

const secretsText = {
  kept: "kept in AWS Secrets Manager",
  none: "not kept: the restored database cannot be used without them",
  unknown: "not known whether they were kept",
} as const;

/** The databases from which a person chooses. */
export function candidatesTable(places: readonly Candidate[]): string {
  const rows = places.map((place, index) => [
    String(index + 1),
    place.scope,
    place.uid ?? "-",
    String(place.postgresVersion ?? "?"),
    String(place.backups),
    place.newest?.modified ?? "never finished",
    place.secrets,
  ]);
  return table(["", "SCOPE", "UID", "POSTGRESQL", "BACKUPS", "NEWEST", "SECRETS"], rows);
}

/** The options that name a place. */
export function candidateOptions({ newest, postgresVersion, scope, uid }: Candidate): string {
  const source = uid === null ? '--prefix ""' : `--uid ${uid}`;
  const version = postgresVersion === null ? "" : ` --postgres-version ${postgresVersion}`;
  return visibleLine(`--scope ${scope} ${source}${version}   newest backup: ${newest?.modified ?? "never finished"}`);
}

/** What would be or was written, for a person. */
export function restoreText(report: ConfigRestoreReport, color: ColorChoice, width = outputWidth()): string {
  const { backup, diff, file, findings, loss, next, outcome, secrets } = report;
  const facts = [
    ["BACKUP", backup === null ? "not known" : backup.name],
    ["FINISHED", backup?.finished ?? backup?.modified ?? "not known"],
    ["RESTORES UNTIL", loss.until ?? "not known"],
    ["IS LOST", lossText(loss)],
    ["SECRETS", secretsText[secrets]],
  ];
  const notable = findings.filter(({ severity }) => severity !== "ok");
  return [
    table(facts[0] ?? [], facts.slice(1)),
    "",
    ...(notable.length === 0 ? [] : [findingsTable(notable, color, width), ""]),
    ...(outcome === "written" ? [] : [diff, ""]),
    visibleLine(`${file}: ${outcomeText[outcome]}`),
    ...(outcome === "refused" ? [] : next.map((step) => visibleLine(`next: ${step}`))),
  ].join("\n");
}

const outcomeText = {
  written: "the restore is declared",
  "dry-run": "nothing was written (--dry-run)",
  refused: "nothing was written: correct what is found first",
} as const;

function lossText({ leftOutSeconds, lostSeconds, until }: ConfigRestoreReport["loss"]): string {
  if (until === null) return "not known";
  const behind = `everything after ${until}`;
  const before = lostSeconds === null ? "" : `, the last ${span(lostSeconds)} before the loss`;
  const more =
    leftOutSeconds === null || leftOutSeconds === 0 ? "" : `; the archive goes on for ${span(leftOutSeconds)}`;
  return `${behind}${before}${more}`;
}

/** Short spans in seconds, longer ones in the unit that a person would use. */
function span(seconds: number): string {
  const unit = [86_400, 3600, 60].find((size) => seconds >= 2 * size) ?? 1;
  return formatDuration((Math.round(seconds / unit) * unit) as Duration);
}

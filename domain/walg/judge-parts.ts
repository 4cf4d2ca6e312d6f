import { findingsAt, type Finding } from "../finding.ts";
import { momentText } from "../text.ts";
import type { BackupDescription } from "./backup.ts";
import type { DescribedBackup } from "./completeness.ts";
import { encryptionOf, type BackupContents, type PartReading } from "./contents.ts";
import { controlFileProblem, controlMomentProblem, type ControlFile } from "./pg-control.ts";
import { lsn } from "./timeline.ts";

const earlier = "take a target time before this backup, so that an older one is restored";
/** Names in a finding, before the rest is only counted. */
const namesShown = 3;

/** Whether the parts of a backup hold what PostgreSQL needs, by their content. */
export function judgeParts(described: DescribedBackup, contents: BackupContents): Finding[] {
  const at = findingsAt(described.where);
  const { list, parts } = contents;
  const readings = parts.map(({ reading }) => reading);
  const encryption = encryptionOf(readings);
  const findings: Finding[] = [];
  const damaged = parts.flatMap((part) => damageOf(part, encryption !== undefined) ?? []);
  if (damaged.length > 0) {
    findings.push(
      at.refuse("backup-part-damaged", `has ${some(damaged, "damaged part")}: WAL-G ends with an error there`, earlier),
    );
  }
  const unread = [
    ...(encryption === undefined ? [] : [`its parts: ${encryption}`]),
    ...parts.flatMap(({ name, reading }) => (reading.kind === "unread" ? [`${name}: ${reading.why}`] : [])),
    ...(list !== undefined && "failed" in list ? [`its list of files: ${list.failed}`] : []),
  ];
  if (unread.length > 0) {
    findings.push(
      at.unknown(
        "backup-content-unread",
        `was not read whole: ${listed(unread)}`,
        "correct the access or the time limit, then check again; what cannot be read here, only a restore proves",
      ),
    );
  }
  findings.push(...judgeMembers(described, contents, damaged.length + unread.length === 0));
  if (findings.length > 0) return findings;
  if (contents.provenAt !== undefined) {
    const what = `its parts were read to the end at ${momentText(contents.provenAt)}, and have not changed since`;
    return [at.ok("backup-content-read", what)];
  }
  const files = list === undefined ? "it has no list of its files to compare with" : "every file of its list is there";
  return [at.ok("backup-content-read", `its ${parts.length} parts were read to the end, and ${files}`)];
}

function damageOf({ name, reading }: PartReading, isEncrypted: boolean): string | undefined {
  if (reading.kind === "damaged") return `${name} (${reading.why})`;
  return reading.kind === "unrecognised" && !isEncrypted ? `${name} (does not begin as its name says)` : undefined;
}

/** @param isWhole whether all parts were read, so that what was not in them is missing. */
function judgeMembers(
  { description, role, where }: DescribedBackup,
  contents: BackupContents,
  isWhole: boolean,
): Finding[] {
  const at = findingsAt(where);
  const { control, foreign = [], hasLabel, labelStart, list, missing, parts } = contents;
  const findings: Finding[] = [];
  const there = new Set(parts.map(({ name }) => name));
  const lost = list !== undefined && "found" in list ? list.found.parts.filter((part) => !there.has(part)) : [];
  const files = isWhole ? [...missing, ...(role === "chosen" && !hasLabel ? ["backup_label"] : [])] : [];
  if (lost.length > 0) {
    findings.push(
      at.refuse("backup-parts-missing", `lacks ${some(lost, "part")} that its list of files names`, earlier),
    );
  } else if (files.length > 0) {
    findings.push(
      at.refuse("backup-files-missing", `lacks ${some(files, "file")} of the database: no part has them`, earlier),
    );
  }
  if (foreign.length > 0) {
    const what = `has ${some(foreign, "part")} with a file of another time than its list says: they are of another backup`;
    findings.push(at.refuse("backup-part-foreign", what, earlier));
  }
  const { startLsn } = description;
  if (role === "chosen" && labelStart !== undefined && startLsn !== undefined && labelStart !== startLsn) {
    const what = `its backup_label begins at ${lsn(labelStart)}, and its sentinel at ${lsn(startLsn)}: one is of another backup`;
    findings.push(at.refuse("backup-part-foreign", what, earlier));
  }
  const problem = control === undefined ? undefined : controlProblem(control, description, role);
  if (problem !== undefined) findings.push(at.refuse("backup-control-file-wrong", problem, earlier));
  if (control === undefined && isWhole && role === "chosen")
    findings.push(at.refuse("backup-control-file-wrong", "its pg_control.tar has no pg_control", earlier));
  return findings;
}

/** A delta brings its own pg_control, so that of a parent may be of any moment. */
function controlProblem(
  control: ControlFile,
  description: BackupDescription,
  role: DescribedBackup["role"],
): string | undefined {
  const problem = controlFileProblem(control, description);
  return problem ?? (role === "chosen" ? controlMomentProblem(control, description) : undefined);
}

/** @example some(["a", "b"], "part")  // → "2 parts: a; b" */
function some(names: readonly string[], what: string): string {
  return `${names.length} ${what}${names.length === 1 ? "" : "s"}: ${listed(names)}`;
}

function listed(names: readonly string[]): string {
  const more = names.length - namesShown;
  return `${names.slice(0, namesShown).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

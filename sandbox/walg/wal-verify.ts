import { listBackups } from "./backups.ts";
import { Fatal, log } from "./log.ts";
import { parseMetadata, readMetadata } from "./metadata.ts";
import { parseLsn, parseSegment, segmentAt, segmentName, walFolder, type Segment } from "./names.ts";
import { PostgresSession } from "./postgres.ts";
import type { Storage } from "./storage.ts";
import { borderedTable } from "./table.ts";
import { history, storedSegments, timelineOf, type Switch } from "./timelines.ts";

type SegmentStatus = "FOUND" | "MISSING_LOST" | "MISSING_UPLOADING" | "MISSING_DELAYED";

interface Run {
  readonly timeline: number;
  readonly first: number;
  last: number;
  readonly status: SegmentStatus;
}

interface Limits {
  /** How many segments after the newest stored one may still be on their way. */
  readonly uploading: number;
  readonly delayed: number;
}

/**
 * `wal-verify integrity timeline`: compares the archive with the running database, which it asks for its position. It exits
 * with 0 whatever it finds.
 */
export async function walVerify(
  storage: Storage,
  checks: readonly string[],
  { json, limits }: { readonly json: boolean; readonly limits: Limits },
): Promise<string> {
  const current = await currentSegment();
  log("INFO", `Current WAL segment: ${segmentName(current)}`);
  const objects = await storage.list(walFolder);
  const stored = storedSegments(objects);
  const results = new Map<string, CheckResult>();
  for (const check of checks) {
    log("INFO", `Building check runner: ${check}`);
    if (check === "integrity") results.set(check, await integrity(storage, current, stored, limits));
    else if (check === "timeline")
      results.set(
        check,
        timelines(
          current,
          stored,
          objects.map(({ name }) => name),
        ),
      );
    else throw new Fatal(`Unknown wal-verify check: ${check}`);
  }
  if (json) return JSON.stringify(Object.fromEntries([...results].map(([check, { json: value }]) => [check, value])));
  return [...results]
    .map(
      ([
        check,
        {
          json: { status },
          text,
        },
      ]) => printed(check, status, text),
    )
    .join("");
}

interface CheckResult {
  readonly json: { readonly status: string; readonly details: unknown };
  readonly text: string;
}

function printed(check: string, status: string, text: string): string {
  return `[wal-verify] ${check} check status: ${status}\n[wal-verify] ${check} check details:\n${text}`;
}

async function currentSegment(): Promise<Segment> {
  const session = new PostgresSession();
  try {
    const lsn =
      "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, timeline_id FROM pg_control_checkpoint()";
    const [position = "", timeline = ""] = await session.row(`SELECT ${lsn}`);
    return { timeline: Number(timeline), number: segmentAt(parseLsn(position) - 1n) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Fatal(`Failed to establish a connection to Postgres cluster ${message}`);
  } finally {
    session.close();
  }
}

async function integrity(
  storage: Storage,
  current: Segment,
  stored: readonly Segment[],
  limits: Limits,
): Promise<CheckResult> {
  const ancestors = await history(storage, current.timeline);
  const start = await earliestBackup(storage);
  if (start === undefined)
    log("WARNING", "Failed to detect earliest backup WAL segment no: 'Could not find any correct backup in storage'");
  log("INFO", "Running the check: integrity");
  const runs = scan(current, start ?? 1, { stored, ancestors, limits });
  const lost = runs.findIndex(({ status }) => status === "MISSING_LOST");
  const onlyBeforeTheFirst = start === undefined && lost === 0 && runs.findLastIndex(isLost) === 0;
  const status = lost !== -1 && !onlyBeforeTheFirst ? "FAILURE" : runs.every(isFound) ? "OK" : "WARNING";
  const rows = runs.map(({ timeline, first, last, status: found }) => ({
    timeline_id: timeline,
    start_segment: segmentName({ timeline, number: first }),
    end_segment: segmentName({ timeline, number: last }),
    segments_count: last - first + 1,
    status: found,
  }));
  const header = ["TLI", "START", "END", "SEGMENTS COUNT", "STATUS"];
  const table = borderedTable(
    header,
    rows.map((row) => Object.values(row).map(String)),
    ["TLI", "SEGMENTS COUNT", "STATUS"],
  );
  return { json: { status, details: rows }, text: table };
}

const isLost = ({ status }: Run): boolean => status === "MISSING_LOST";
const isFound = ({ status }: Run): boolean => status === "FOUND";

/** The segment at which the oldest backup begins that is not permanent. */
async function earliestBackup(storage: Storage): Promise<number | undefined> {
  let earliest: { name: string; number: number } | undefined;
  for (const { name, walFile } of await listBackups(storage)) {
    const { is_permanent: permanent } = parseMetadata((await readMetadata(storage, name)) ?? "");
    const number = parseSegment(walFile)?.number;
    if (permanent) {
      const reason = "backup is permanent, it is not eligible to be selected as the earliest backup for wal-verify.";
      log("WARNING", `checkBackupIsCorrect: ${name}: ${reason}`);
    } else if (number !== undefined && (earliest === undefined || number < earliest.number)) {
      earliest = { name, number };
    }
  }
  if (earliest !== undefined) log("INFO", `Detected earliest available backup: ${earliest.name}`);
  return earliest?.number;
}

/** Goes back from the current segment, and puts segments of one timeline and status together, oldest first. */
function scan(
  current: Segment,
  start: number,
  { stored, ancestors, limits }: { stored: readonly Segment[]; ancestors: readonly Switch[]; limits: Limits },
): Run[] {
  const names = new Set(stored.map(segmentName));
  const runs: Run[] = [];
  let [delayed, uploading] = [limits.delayed, limits.uploading];
  for (let number = current.number - 1; number >= start; number--) {
    const timeline = timelineOf(number, current.timeline, ancestors);
    const found = names.has(segmentName({ timeline, number }));
    let status: SegmentStatus = found ? "FOUND" : "MISSING_LOST";
    if (delayed > 0) {
      if (!found) status = "MISSING_DELAYED";
      delayed = found ? 0 : delayed - 1;
    } else if (uploading > 0) {
      if (!found) status = "MISSING_UPLOADING";
      uploading--;
    }
    const [later] = runs;
    if (later?.status === status && later.timeline === timeline) runs[0] = { ...later, first: number };
    else runs.unshift({ timeline, first: number, last: number, status });
  }
  return runs;
}

function timelines(current: Segment, stored: readonly Segment[], names: readonly string[]): CheckResult {
  log("INFO", "Running the check: timeline");
  for (const name of names.filter((candidate) => candidate.includes(".backup")))
    log("WARNING", `Could not parse the timeline Id from ${name}. Skipping...`);
  const highest = Math.max(0, ...stored.map(({ timeline }) => timeline));
  const status = highest === 0 ? "WARNING" : highest <= current.timeline ? "OK" : "FAILURE";
  return {
    json: { status, details: { current_timeline_id: current.timeline, highest_storage_timeline_id: highest } },
    text: `Highest timeline found in storage: ${highest}\nCurrent cluster timeline: ${current.timeline}\n`,
  };
}

import { findingsAt, type Finding } from "../finding.ts";
import { momentText } from "../text.ts";
import { liesOn } from "../walg/wal-way.ts";
import type { RecoverableBackup, Window } from "./recoverability.ts";

/** Moments to which a database can be restored without a hole between them. Milliseconds since 1970. */
export interface RecoveryWindow {
  readonly from: number;
  /** Undefined when only the time of a copy is known. */
  readonly until: number | undefined;
  /** Names of the backups in it, oldest first. */
  readonly backups: readonly string[];
  /** What ends it; undefined when it reaches the newest WAL. */
  readonly end: Window["end"];
}

interface Restorable extends RecoverableBackup {
  readonly window: Window;
}

/**
 * The moments to which a restore is possible, oldest first. A backup belongs to the window before it when the recovery of
 * an earlier backup gets past its start: then no moment between them is lost.
 */
export function recoveryWindows(backups: readonly RecoverableBackup[]): RecoveryWindow[] {
  const windows: RecoveryWindow[] = [];
  let newest: Restorable | undefined;
  for (const one of backups.filter(isRestorable).toSorted((a, b) => a.window.from - b.window.from)) {
    const current = windows.at(-1);
    const { from, until, end } = one.window;
    const { name } = one.backup;
    if (current === undefined || newest === undefined || !reaches(newest, one)) {
      if (current !== undefined)
        windows[windows.length - 1] = { ...current, until: Math.min(current.until ?? from, from) };
      windows.push({ from, until, backups: [name], end });
    } else {
      windows[windows.length - 1] = { from: current.from, until, backups: [...current.backups, name], end };
    }
    newest = one;
  }
  return windows;
}

function isRestorable(backup: RecoverableBackup): backup is Restorable {
  return backup.restorable === "yes" && backup.window !== undefined;
}

/** Whether the recovery of a backup gets past the start of a later one. */
function reaches({ replay, window }: Restorable, { backup, description }: Restorable): boolean {
  return replay !== undefined && liesOn(replay.way, backup, description) && window.lastNumber >= backup.startSegment;
}

/**
 * The holes between the windows: moments to which no backup leads.
 *
 * @param where the place, for the findings.
 */
export function judgeWindows(where: string, windows: readonly RecoveryWindow[]): Finding[] {
  const at = findingsAt(where);
  return windows.slice(1).flatMap(({ from, backups: [first = ""] }, index) => {
    const before = windows[index];
    if (before === undefined) return [];
    const why = before.end === undefined ? "its WAL does not lead to the next backup" : `it ${before.end.what}`;
    const { until = from } = before;
    const hole =
      until < from
        ? `no moment between ${momentText(until)} and ${momentText(from)} can be restored`
        : `moments before ${momentText(from)} cannot be restored; from when on is not known`;
    return [
      at.warn(
        "recovery-window-hole",
        `${hole}: ${why}`,
        `bring the WAL back (older versions of the objects, if the bucket keeps them); from ${first} on, restores do not need it`,
      ),
    ];
  });
}

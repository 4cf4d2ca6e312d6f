import type { FleetCluster } from "./report.ts";

export type Windows = Extract<NonNullable<FleetCluster["recovery"]>, { status: "known" }>["windows"];

/** What all windows cover together. Windows of several repositories may overlap. */
export interface Coverage {
  /** The window that reaches furthest: the newest WAL, else the latest moment. */
  readonly furthest: Windows[number];
  /** Moments between windows that none of them covers, oldest first. Milliseconds since 1970. */
  readonly gaps: readonly { readonly from: number; readonly until: number }[];
}

/**
 * What the windows cover together; undefined when there is none.
 *
 * @param windows ordered by their beginning.
 */
export function coverageOf(windows: Windows): Coverage | undefined {
  const [first, ...later] = windows;
  if (first === undefined) return undefined;
  const gaps: { from: number; until: number }[] = [];
  let furthest = first;
  for (const window of later) {
    const from = Date.parse(window.from);
    // What reaches the newest WAL at a moment that is not known has no gap behind it.
    const isOpen = furthest.until === null && furthest.endedBy === null;
    if (!isOpen && from > endOf(furthest)) gaps.push({ from: endOf(furthest), until: from });
    if (reachesFurther(window, furthest)) furthest = window;
  }
  return { furthest, gaps };
}

/** The end of a window. One whose end is not known has no length. */
export function endOf({ from, until }: Windows[number]): number {
  return Date.parse(until ?? from);
}

function reachesFurther(one: Windows[number], other: Windows[number]): boolean {
  if (one.endedBy !== null && other.endedBy === null) return false;
  if (one.endedBy === null && other.endedBy !== null) return true;
  return endOf(one) >= endOf(other);
}

/** Whether a test of the present suite has failed, and whether one of an earlier suite had, since a sandbox was started. */
const state = { failedNow: false, failedBefore: false };

/** Notes that a test has failed, so that its sandbox may be in any state. */
export function spoil(): void {
  state.failedNow = true;
}

/** Notes that another suite begins. */
export function nextSuite(): void {
  state.failedBefore ||= state.failedNow;
  state.failedNow = false;
}

/** Whether the present suite needs a new sandbox, because it would inherit what an earlier failure left. True only once. */
export function mustRenew(): boolean {
  const must = state.failedBefore;
  state.failedBefore = false;
  return must;
}

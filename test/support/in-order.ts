/**
 * For a suite whose tests build on each other. Once one has failed, the following ones are skipped, and their titles say
 * why. `npm test` counts skipped tests.
 */
export function inOrder(): void {
  let failed: string | undefined;
  beforeEach(function () {
    if (failed === undefined || this.currentTest === undefined) return;
    this.currentTest.title += ` (not run, because this failed: ${failed})`;
    this.skip();
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed") failed ??= this.currentTest.title;
  });
}

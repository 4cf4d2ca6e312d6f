/**
 * For a suite whose tests build on each other. Once one has failed, the following ones are skipped, and their titles say
 * why. `npm test` counts skipped tests.
 *
 * @param belongs whether the test of this title is part of the chain. Others are never skipped. Default: all are.
 */
export function inOrder(belongs: (title: string) => boolean = () => true): void {
  let failed: string | undefined;
  beforeEach(function () {
    if (failed === undefined || this.currentTest === undefined || !belongs(this.currentTest.title)) return;
    this.currentTest.title += ` (not run, because this failed: ${failed})`;
    this.skip();
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed" && belongs(this.currentTest.title)) failed ??= this.currentTest.title;
  });
}

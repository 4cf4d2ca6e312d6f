/** Stops the tests' sandbox, if a suite started it. Loaded late: unit tests need nothing of it. */
export async function mochaGlobalTeardown(): Promise<void> {
  const { stopSandbox } = await import("./sandbox.ts");
  await stopSandbox();
}

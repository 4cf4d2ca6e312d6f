/** Stops the tests' sandbox if a suite started it. Loads its code late, because unit tests do not need it. */
export async function mochaGlobalTeardown(): Promise<void> {
  const { stopSandbox } = await import("./sandbox.ts");
  await stopSandbox();
}

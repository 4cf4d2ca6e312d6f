import type { FaultNumber } from "../faults.ts";

type Faults = FaultNumber | readonly FaultNumber[];

const numbersOf = new WeakMap<Mocha.Runnable | Mocha.Suite, readonly FaultNumber[]>();

function numbers(faults: Faults): readonly FaultNumber[] {
  return typeof faults === "number" ? [faults] : faults;
}

/** A test that shows what happens at one or several faults; docs/faults.md lists it under each. */
export function faultTest(faults: Faults, title: string, body: (this: Mocha.Context) => unknown): void {
  numbersOf.set(it(title, body), numbers(faults));
}

/** A suite of which every test is about the same fault. */
export function faultSuite(faults: Faults, title: string, body: (this: Mocha.Suite) => void): void {
  numbersOf.set(describe(title, body), numbers(faults));
}

/** The faults of a test, its own and those of the suites around it; none for a test or a hook without a fault. */
export function faultsOf(test: Mocha.Runnable): readonly FaultNumber[] {
  const found = new Set(numbersOf.get(test));
  for (let suite = test.parent; suite !== undefined; suite = suite.parent) {
    for (const fault of numbersOf.get(suite) ?? []) found.add(fault);
  }
  return [...found];
}

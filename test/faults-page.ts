import { faults } from "./faults.ts";
import type { FaultResult } from "./reporter.ts";

/** A test that the page names. */
type NamedTest = Omit<FaultResult, "outcome">;

/** docs/faults.md: every fault, and what the tests expect to happen. */
export function faultsPage(tests: readonly NamedTest[]): string {
  const rows = Object.entries(faults).flatMap(([number, fault]) => faultRows(number, fault, tests));
  return `# Faults that the stanza repair and the restore survive

Each row is a test. \`npm test\` fails when a test of this page does not pass, is skipped or no longer exists. \`npm run docs\` writes the page from the tests' titles. \`integration\`, \`e2e\`, \`aws\` and \`harbor\` tests go through real API servers and protocols, on real or replayed processes.

| | fault | expected |
|---|---|---|
${rows.join("\n")}
`;
}

function faultRows(number: string, fault: string, tests: readonly NamedTest[]): string[] {
  const own = tests
    .filter((test) => test.faults.includes(Number(number)))
    .toSorted((a, b) => a.suite.localeCompare(b.suite) || a.title.localeCompare(b.title));
  if (own.length === 0) return [`| ${number} | ${fault} | not tested yet |`];
  return own.map(({ suite, title }, index) => {
    const cells = index === 0 ? `${number} | ${fault}` : " | ";
    return `| ${cells} | ${title.replaceAll("|", "\\|")} (${suite}) |`;
  });
}

/**
 * Why the page's claims do not hold: each listed test that did not pass in this run.
 *
 * @example unproven([{ suite: "unit", title: "refuses two leaders", … }], [])  // → ["not run: refuses two leaders (unit)"]
 */
export function unproven(listed: readonly NamedTest[], results: readonly FaultResult[]): string[] {
  // Several tests may have the same title.
  const outcomes = Map.groupBy(results, name);
  return listed.flatMap((test) => {
    const outcome = outcomes.get(name(test))?.shift()?.outcome ?? "not run";
    return outcome === "passed" ? [] : [`${outcome}: ${name(test)}`];
  });
}

function name({ suite, title }: NamedTest): string {
  return `${title} (${suite})`;
}

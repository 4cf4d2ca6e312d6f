import { ensureHarbor } from "../../sandbox/harbor/harbor.ts";
import { startHarborOperator, startZalandoOperator } from "../../sandbox/harbor/operators.ts";
import { layout } from "../../sandbox/host/directory.ts";
import { loadHost } from "../../sandbox/host/host.ts";
import { Processes } from "../../sandbox/host/processes.ts";
import { testDirectory } from "./sandbox.ts";

const starts = { "harbor-operator": startHarborOperator, "postgres-operator": startZalandoOperator };
type Operator = keyof typeof starts;

/** Kills an operator of the tests' sandbox. */
export async function killOperator(operator: Operator): Promise<void> {
  await new Processes(layout(testDirectory).processes).stop(`lab.${operator}`, { signal: "SIGKILL" });
}

/** Starts an operator again, and waits until it is ready. */
export async function startOperator(operator: Operator): Promise<void> {
  const { tools } = await ensureHarbor(() => undefined);
  await starts[operator]({ ...(await loadHost(testDirectory)), tools });
}

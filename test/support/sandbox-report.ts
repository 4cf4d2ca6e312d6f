import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CoreV1Api, type V1Pod } from "@kubernetes/client-node";
import { messageOf } from "../../domain/errors.ts";
import { layout } from "../../sandbox/host/directory.ts";
import { Processes } from "../../sandbox/host/processes.ts";
import { client } from "../../sandbox/kubernetes/client.ts";
import { harborContext } from "../../sandbox/harbor/objects.ts";
import { testDirectory } from "./sandbox.ts";

const shownLines = 15;
const apiSeconds = 10;

/** One line for a Pod of Harbor's database. */
function podLine({ metadata, status }: V1Pod): string {
  const ready = status?.conditions?.some(({ type, status: met }) => type === "Ready" && met === "True") ?? false;
  const state = [
    metadata?.labels?.["spilo-role"] ?? "no role",
    ready ? "ready" : "not ready",
    ...(metadata?.deletionTimestamp === undefined ? [] : ["ending"]),
    `revision ${metadata?.labels?.["controller-revision-hash"] ?? "none"}`,
  ];
  return `${metadata?.name ?? ""}: ${state.join(", ")}; Patroni: ${metadata?.annotations?.["status"] ?? "nothing"}`;
}

async function harborPods(): Promise<string[]> {
  try {
    const core = client(layout(testDirectory).kubeconfig, harborContext).makeApiClient(CoreV1Api);
    const list = core.listPodForAllNamespaces({ labelSelector: "application=spilo", timeoutSeconds: apiSeconds });
    return (await list).items.map(podLine);
  } catch (error) {
    return [`the Pods cannot be listed: ${messageOf(error)}`];
  }
}

/** The end of the log of each database and operator, dead or alive. */
function logEnds(): string[] {
  const directory = layout(testDirectory).processes;
  const processes = new Processes(directory);
  const logs = readdirSync(directory).filter((file) => /patroni.*\.log$|operator\.log$|spilo\.log$/.test(file));
  return logs.flatMap((file) => {
    const name = file.slice(0, -".log".length);
    const lines = readFileSync(join(directory, file), "utf8").trimEnd().split("\n").slice(-shownLines);
    return [
      `${name} (${processes.running(name) ? "running" : "ended"}):`,
      ...lines.map((line) => `  ${line.slice(0, 300)}`),
    ];
  });
}

/** Prints the state of the tests' sandbox, for whoever reads why a test failed. Nothing if there is no sandbox. */
async function main(): Promise<void> {
  if (new Processes(layout(testDirectory).processes).names().length === 0) return;
  const lines = [`the sandbox ${testDirectory} at this moment:`, ...(await harborPods()), ...logEnds()];
  process.stdout.write(`${lines.map((line) => `      ${line}`).join("\n")}\n`);
}

if (import.meta.main) {
  await main();
  process.exit();
}

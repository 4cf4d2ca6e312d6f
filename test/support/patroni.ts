import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { databaseAccount } from "../../sandbox/account.ts";
import { clusterId, type PostgresCluster } from "../../sandbox/inventory.ts";
import { instanceLayout, layout } from "../../sandbox/directory.ts";
import { startPatroni } from "../../sandbox/patroni.ts";
import { loadPorts } from "../../sandbox/ports.ts";
import { Processes, waitUntil } from "../../sandbox/processes.ts";
import { askDirectly, testDirectory } from "./sandbox.ts";

const members = z.array(z.object({ Member: z.string(), Role: z.string(), State: z.string(), "Lag in MB": z.unknown().optional() }));

async function membersOf({ context, namespace, pods: [pod = ""] }: PostgresCluster): Promise<z.infer<typeof members>> {
  return members.parse(JSON.parse(await askDirectly(context, namespace, pod, "patronictl", "list", "-f", "json")));
}

/** The members that Patroni calls leader; one, or none during an election. */
export async function leaders(cluster: PostgresCluster): Promise<string[]> {
  return (await membersOf(cluster)).filter(({ Role }) => Role === "Leader").map(({ Member }) => Member);
}

/** Waits until one member leads, all others follow it, and none lags. */
export function untilCalm(cluster: PostgresCluster): Promise<void> {
  return waitUntil(`${cluster.name} with all members in place`, 90, async () => {
    const found = await membersOf(cluster);
    const replicas = found.filter((member) => member.Role === "Replica" && member["Lag in MB"] === 0);
    return found.length === cluster.pods.length && replicas.length === found.length - 1 && found.every(({ State }) => State === "running");
  });
}

/** A real switchover to the other member; when it returns, Patroni's list names that one. */
export async function switchover({ context, namespace, pods }: PostgresCluster, to: string): Promise<void> {
  const [from = ""] = pods.filter((pod) => pod !== to);
  await askDirectly(context, namespace, from, "patronictl", "switchover", "--force", "--leader", from, "--candidate", to);
}

/** Shortens (or gives back) Patroni's own pauses, so that a test does not wait for them. */
export async function setPatroniPauses({ context, namespace, pods: [pod = ""] }: PostgresCluster, pauses: { ttl: number; loop_wait: number; retry_timeout: number }): Promise<void> {
  const settings = Object.entries(pauses).flatMap(([name, seconds]) => ["-s", `${name}=${seconds}`]);
  await askDirectly(context, namespace, pod, "patronictl", "edit-config", "--force", ...settings);
}

/** Kills a member's Patroni and Postgres at once, as a node does that loses its power. */
export async function killMember(cluster: PostgresCluster, pod: string): Promise<void> {
  await new Processes(layout(testDirectory).processes).stop(`${clusterId(cluster)}.${pod}.patroni`, { signal: "SIGKILL", group: true });
  const postmaster = await readFile(join(instanceLayout(testDirectory, cluster, pod).data, "postmaster.pid"), "utf8");
  process.kill(Number(postmaster.split("\n", 1)[0]), "SIGKILL");
}

/** Starts a killed member again. */
export async function startMember(cluster: PostgresCluster, pod: string): Promise<void> {
  const processes = new Processes(layout(testDirectory).processes);
  await startPatroni(testDirectory, { cluster, pod }, await loadPorts(testDirectory), processes, await databaseAccount());
}

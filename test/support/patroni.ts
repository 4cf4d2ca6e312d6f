import { readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../../domain/errors.ts";
import type { PostgresCluster } from "../../sandbox/pgo/inventory.ts";
import { instanceLayout, layout } from "../../sandbox/host/directory.ts";
import { patroniProcess, startPatroni } from "../../sandbox/pgo/patroni.ts";
import { loadHost } from "../../sandbox/host/host.ts";
import { Processes, waitUntil } from "../../sandbox/host/processes.ts";
import { askDirectly, testDirectory } from "./sandbox.ts";

const members = z.array(z.object({ Member: z.string(), Role: z.string(), State: z.string() }));

function patroniList({ context, namespace, pods: [pod = ""] }: PostgresCluster): Promise<string> {
  return askDirectly(context, namespace, pod, "patronictl", "list", "-f", "json");
}

async function membersOf(cluster: PostgresCluster): Promise<z.infer<typeof members>> {
  return members.parse(JSON.parse(await patroniList(cluster)));
}

/** The members that Patroni calls leader: one, or none during an election. */
export async function leaders(cluster: PostgresCluster): Promise<string[]> {
  return (await membersOf(cluster)).filter(({ Role }) => Role === "Leader").map(({ Member }) => Member);
}

/** Waits until Patroni lists one leader, and all other members stream from it and have all of its WAL. */
export async function untilCalm(cluster: PostgresCluster): Promise<void> {
  const { context, namespace, name, pods } = cluster;
  const query =
    "select application_name from pg_stat_replication where state = 'streaming' and replay_lsn = pg_current_wal_lsn()";
  try {
    await waitUntil(`${name} with all members in place`, 90, async () => {
      const found = await membersOf(cluster);
      const [leader = "", ...others] = found.filter(({ Role }) => Role === "Leader").map(({ Member }) => Member);
      if (leader === "" || others.length > 0 || found.some(({ State }) => State !== "running")) return false;
      // Patroni's own list shows what a member wrote while it was last alive.
      const followers = (await askDirectly(context, namespace, leader, "psql", "-XAtqc", query)).split("\n");
      return pods.every((pod) => pod === leader || followers.includes(pod));
    });
  } catch (error) {
    throw new Error(
      [
        messageOf(error),
        await patroniList(cluster).catch(messageOf),
        ...pods.map((pod) => lastWords(cluster, pod)),
      ].join("\n"),
      { cause: error },
    );
  }
}

function lastWords(cluster: PostgresCluster, pod: string): string {
  const log = readFileSync(
    new Processes(layout(testDirectory).processes).log(patroniProcess({ cluster, pod })),
    "utf8",
  );
  return [`${pod}:`, ...log.trimEnd().split("\n").slice(-20)].join("\n  ");
}

/** Performs a real switchover to the other member. Afterwards Patroni's list names that member. */
export async function switchover({ context, namespace, pods }: PostgresCluster, to: string): Promise<void> {
  const [from = ""] = pods.filter((pod) => pod !== to);
  await askDirectly(
    context,
    namespace,
    from,
    "patronictl",
    "switchover",
    "--force",
    "--leader",
    from,
    "--candidate",
    to,
  );
}

/** Shortens (or restores) Patroni's own pauses, so that a test need not wait for them. */
export async function setPatroniPauses(
  { context, namespace, pods: [pod = ""] }: PostgresCluster,
  pauses: { ttl: number; loop_wait: number; retry_timeout: number },
): Promise<void> {
  const settings = Object.entries(pauses).flatMap(([name, seconds]) => ["-s", `${name}=${seconds}`]);
  await askDirectly(context, namespace, pod, "patronictl", "edit-config", "--force", ...settings);
}

/** Kills a member's Patroni and Postgres at once, as if its node lost power. */
export async function killMember(cluster: PostgresCluster, pod: string): Promise<void> {
  await new Processes(layout(testDirectory).processes).stop(patroniProcess({ cluster, pod }), {
    signal: "SIGKILL",
    group: true,
  });
  const postmaster = await readFile(join(instanceLayout(testDirectory, cluster, pod).data, "postmaster.pid"), "utf8");
  process.kill(Number(postmaster.split("\n", 1)[0]), "SIGKILL");
}

/**
 * Restarts a killed member as a replica with a new copy of its successor's data. Its own data may have diverged, and then
 * pg_rewind would need WAL that nobody archived without a stanza. Does nothing if the member is alive.
 */
export async function startMember(cluster: PostgresCluster, pod: string): Promise<void> {
  const { context, namespace } = cluster;
  const processes = new Processes(layout(testDirectory).processes);
  if (processes.running(patroniProcess({ cluster, pod }))) return;
  await waitUntil(`a successor of ${pod}`, 90, async () => {
    const [leader = pod] = await leaders(cluster);
    return (
      leader !== pod &&
      (await askDirectly(context, namespace, leader, "psql", "-XAtqc", "select pg_is_in_recovery()")) === "f"
    );
  });
  await rm(instanceLayout(testDirectory, cluster, pod).data, { recursive: true, maxRetries: 10 });
  await startPatroni(await loadHost(testDirectory), { cluster, pod });
}

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { dataFolder } from "./harbor/spilo-container.ts";
import { clusterLayout, instanceLayout, isSandbox, layout } from "./host/directory.ts";
import { Processes, waitUntil } from "./host/processes.ts";
import { ownClusters } from "./pgo/inventory.ts";

/** Kills everything that runs for the sandbox in this directory and removes the directory. Nothing in it needs an orderly shutdown. */
export async function down(directory: string): Promise<void> {
  if (!(await isSandbox(directory))) return;
  const processes = new Processes(layout(directory).processes);
  const stop = (names: string[], signal: NodeJS.Signals) =>
    Promise.all(names.map((name) => processes.stop(name, { signal, group: true })));
  const names = processes.names();
  const [patronis, others] = partition(names, (name) => name.endsWith(".patroni"));
  const [kubelets, rest] = partition(others, (name) => name.endsWith(".kubelet"));
  // It would restart Patroni.
  await stop(["lab.spilo"], "SIGKILL");
  // Patroni would restart its Postgres. The kubelet stand-in needs SIGTERM to end the commands that it runs.
  await Promise.all([stop(patronis, "SIGKILL"), stop(kubelets, "SIGTERM")]);
  await Promise.all([stop(rest, "SIGKILL"), stopPostgres(directory)]);
  await stopPgbackrest(directory);
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
}

function partition(names: string[], belongs: (name: string) => boolean): [string[], string[]] {
  return [names.filter(belongs), names.filter((name) => !belongs(name))];
}

/** Postgres runs in its own session and survives Patroni. SIGQUIT ends it at once and still frees its shared memory. */
async function stopPostgres(directory: string): Promise<void> {
  const { volumes } = layout(directory);
  const spilos = existsSync(volumes) ? readdirSync(volumes).map((volume) => dataFolder(directory, volume)) : [];
  const files = [...instances(directory).map((instance) => instance.data), ...spilos].map((data) =>
    join(data, "postmaster.pid"),
  );
  await Promise.all(files.map((file) => end(directory, "Postgres", /^(\d+)\n/, file, "SIGQUIT")));
}

/** The process that pushes WAL in the background detaches itself and survives even Postgres. Its lock file contains its process id. */
async function stopPgbackrest(directory: string): Promise<void> {
  const folders = [
    ...instances(directory).map((instance) => instance.locks),
    ...ownClusters.map((cluster) => clusterLayout(directory, cluster).repositoryLocks),
  ];
  const files = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  await Promise.all(files.map((file) => end(directory, "pgBackRest", /"pid":(\d+)/, file, "SIGKILL")));
}

function instances(directory: string) {
  return ownClusters.flatMap((cluster) => cluster.pods.map((pod) => instanceLayout(directory, cluster, pod)));
}

async function end(
  directory: string,
  what: string,
  pattern: RegExp,
  file: string,
  signal: NodeJS.Signals,
): Promise<void> {
  const pid = Number(pattern.exec(read(file))?.[1]);
  // The file may be old, and its process id may now belong to another process.
  const ours = () => Promise.resolve(read(`/proc/${pid}/cmdline`).includes(`${directory}/`));
  if (Number.isNaN(pid) || !(await ours())) return;
  process.kill(pid, signal);
  await waitUntil(`the end of ${what} (process ${pid})`, 20, async () => !(await ours()));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

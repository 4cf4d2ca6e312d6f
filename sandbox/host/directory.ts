import { access, chmod, lstat, mkdir, readdir, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { clusterId } from "../pgo/inventory.ts";
import type { Context, PostgresCluster } from "../pgo/inventory.ts";

/** The variable that names another directory, so that two sandboxes can run at the same time. */
export const directoryVariable = "POSTGRES_RECOVERY_SANDBOX";

/** A Unix socket's path has at most 107 characters, of which `sockets/.s.PGSQL.12345.lock` needs 28. */
const longestDirectory = 78;

const otherPath = `set ${directoryVariable} to another path`;

/** Where a running sandbox lives. Default: `postgres-recovery-UID` in the folder for temporary files. */
export function sandboxDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment[directoryVariable];
  return named === undefined || named === "" ? join(tmpdir(), `postgres-recovery-${userInfo().uid}`) : resolve(named);
}

/** Creates the directory. Refuses a path that is too long, and a directory of another user or with other content. */
export async function prepareDirectory(directory: string): Promise<void> {
  if (Buffer.byteLength(directory) > longestDirectory) {
    throw new Error(
      `${directory} is too long for the Unix sockets of Postgres (${longestDirectory} characters at most): ${otherPath}`,
    );
  }
  await mkdir(directory, { recursive: true });
  const found = await lstat(directory);
  if (!found.isDirectory() || found.uid !== userInfo().uid)
    throw new Error(`${directory} is not a directory that belongs to this user: ${otherPath}`);
  if (!(await isSandbox(directory))) {
    if ((await readdir(directory)).length > 0)
      throw new Error(`${directory} is neither a sandbox nor empty: ${otherPath}`);
    await writeFile(layout(directory).marker, "A sandbox of postgres-recovery. Stopping it removes this directory.\n");
  }
  // The databases may run as another user, who must be able to enter.
  await chmod(directory, 0o711);
}

/** Whether a sandbox was started here and not stopped. Only such a directory may be removed. */
export async function isSandbox(directory: string): Promise<boolean> {
  return access(layout(directory).marker).then(
    () => true,
    () => false,
  );
}

/** The files of a sandbox. */
export function layout(directory: string) {
  return {
    marker: join(directory, "sandbox"),
    processes: join(directory, "processes"),
    ports: join(directory, "ports.json"),
    seed: join(directory, "seed"),
    certificates: join(directory, "certificates"),
    kubeconfig: join(directory, "kubeconfig"),
    operatorKubeconfig: join(directory, "operator.kubeconfig"),
    etcd: join(directory, "etcd"),
    databases: join(directory, "databases"),
    sockets: join(directory, "sockets"),
    harbor: join(directory, "harbor"),
    volumes: join(directory, "volumes"),
  };
}

/** The files of one API server and its kubelet stand-in. */
export function contextLayout(directory: string, context: Context) {
  const own = join(directory, context);
  return { own, tokens: join(own, "tokens.csv"), pods: join(own, "pods") };
}

/** The files of a Pod of the Zalando operator, by its number. The name is short because the path of its socket `.s.PGSQL.5432.lock` must be. */
export function spiloLayout(directory: string, number: number) {
  const own = join(directory, "pods", String(number));
  return {
    own,
    kubeconfig: join(own, "kubeconfig"),
    patroniConfig: join(own, "patroni.yml"),
    certificate: join(own, "server.crt"),
    key: join(own, "server.key"),
  };
}

/** The files of a cluster that has its own instance. */
export function clusterLayout(directory: string, cluster: PostgresCluster) {
  const own = join(layout(directory).databases, clusterId(cluster));
  return {
    own,
    kubeconfig: join(own, "kubeconfig"),
    repository: join(own, "repository"),
    repositoryConfig: join(own, "repository.conf"),
    repositoryLocks: join(own, "repository-locks"),
    repositoryLogs: join(own, "repository-logs"),
  };
}

/** The files of one instance. */
export function instanceLayout(directory: string, cluster: PostgresCluster, pod: string) {
  const own = join(clusterLayout(directory, cluster).own, pod);
  return {
    own,
    data: join(own, "data"),
    patroniConfig: join(own, "patroni.yml"),
    pgbackrestConfig: join(own, "pgbackrest.conf"),
    spool: join(own, "spool"),
    locks: join(own, "locks"),
    logs: join(own, "logs"),
  };
}

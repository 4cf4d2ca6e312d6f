import { access } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { clusterLayout, instanceLayout, layout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { portName } from "../host/ports.ts";
import { instanceEnvironment, type Instance } from "./patroni.ts";

/**
 * Takes a full backup of the leader into its cluster's repository, which must have the stanza, as PGO's Job does on the
 * repository host. There, both the repository and the database are local.
 */
export async function takeBackup(host: Host, leader: Instance): Promise<void> {
  const { directory, ports, account } = host;
  const { cluster, pod } = leader;
  const files = clusterLayout(directory, cluster);
  const options = {
    stanza: "db",
    "pg1-path": instanceLayout(directory, cluster, pod).data,
    "pg1-port": ports(portName.postgres(cluster, pod)),
    "pg1-socket-path": layout(directory).sockets,
    "repo1-path": files.repository,
    "repo1-retention-full": 2,
    "lock-path": files.repositoryLocks,
    "log-path": files.repositoryLogs,
    type: "full",
    "compress-type": "none",
  };
  // Few files without compression: the sandbox's start waits for this.
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  await execa("pgbackrest", ["--no-config", ...args, "--start-fast", "--repo1-bundle", "backup"], {
    ...account,
    cwd: files.own,
    env: instanceEnvironment(host, leader),
    extendEnv: false,
    timeout: 120_000,
  });
}

/** Whether the cluster's repository has a backup. */
export async function hasBackup({ directory }: Host, { cluster }: Instance): Promise<boolean> {
  return access(join(clusterLayout(directory, cluster).repository, "backup", "db", "latest")).then(
    () => true,
    () => false,
  );
}

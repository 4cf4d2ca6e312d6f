import { chown, mkdir, writeFile } from "node:fs/promises";
import { clusterLayout, contextLayout, layout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { portName } from "../host/ports.ts";
import { contexts, ownClusters } from "../pgo/inventory.ts";
import type { Context, PostgresCluster } from "../pgo/inventory.ts";

/** A user of an API server, known by its token. */
interface User {
  name: string;
  groups: string[];
}

const administrator: User = { name: "administrator", groups: ["system:masters"] };

/** The stand-in for PGO. */
export const operatorUser: User = {
  name: "system:serviceaccount:postgres-operator:pgo",
  groups: ["system:serviceaccounts"],
};

/** The service account under which the operator lets Patroni run. */
export function instanceUser(cluster: PostgresCluster): User {
  return {
    name: `system:serviceaccount:${cluster.namespace}:${cluster.name}-instance`,
    groups: ["system:serviceaccounts"],
  };
}

/** Writes the token file of each API server, and a kubeconfig for each user of one. */
export async function writeAccess(host: Host): Promise<void> {
  const { directory, account } = host;
  const write = (path: string, user: User, served: readonly Context[]) =>
    writeFile(path, kubeconfig(host, user, served), { mode: 0o600 });

  for (const context of contexts) {
    const users = [
      administrator,
      operatorUser,
      ...ownClusters.filter((cluster) => cluster.context === context).map(instanceUser),
    ];
    const files = contextLayout(directory, context);
    await mkdir(files.pods, { recursive: true });
    const lines = users.map(
      (user) => `${token(host, context, user)},${user.name},${user.name},"${user.groups.join(",")}"\n`,
    );
    await writeFile(files.tokens, lines.join(""), { mode: 0o600 });
  }
  await write(layout(directory).kubeconfig, administrator, contexts);
  await write(layout(directory).operatorKubeconfig, operatorUser, contexts);
  for (const cluster of ownClusters) {
    const files = clusterLayout(directory, cluster);
    await mkdir(files.own, { recursive: true, mode: 0o700 });
    await write(files.kubeconfig, instanceUser(cluster), [cluster.context]);
    await chown(files.kubeconfig, account.uid, account.gid);
  }
}

function token({ secrets }: Host, context: Context, user: User): string {
  return secrets(`token ${context} ${user.name}`);
}

function kubeconfig(host: Host, user: User, served: readonly Context[]): string {
  const content = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": served[0],
    clusters: served.map((context) => ({
      name: context,
      cluster: {
        server: `https://127.0.0.1:${host.ports(portName.apiServer(context))}`,
        "certificate-authority": host.certificates.authority,
      },
    })),
    contexts: served.map((context) => ({
      name: context,
      context: { cluster: context, user: `${user.name}@${context}` },
    })),
    users: served.map((context) => ({ name: `${user.name}@${context}`, user: { token: token(host, context, user) } })),
  };
  // JSON is also valid YAML.
  return JSON.stringify(content, undefined, 2);
}

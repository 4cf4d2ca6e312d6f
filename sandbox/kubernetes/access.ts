import { chown, mkdir, writeFile } from "node:fs/promises";
import type { Account } from "../host/account.ts";
import type { Certificates } from "../host/certificates.ts";
import { clusterLayout, contextLayout, layout } from "../host/directory.ts";
import { contexts, ownClusters } from "../pgo/inventory.ts";
import type { Context, PostgresCluster } from "../pgo/inventory.ts";
import { portName } from "../host/ports.ts";
import type { Ports } from "../host/ports.ts";
import type { Secrets } from "../host/secrets.ts";

/** A user of an API server, known by its token. */
interface User {
  name: string;
  groups: string[];
}

const administrator: User = { name: "administrator", groups: ["system:masters"] };

/** The stand-in of the operator. */
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

/** Writes the token file of each API server and the kubeconfig of everyone who calls one. */
export async function writeAccess(
  directory: string,
  ports: Ports,
  certificates: Certificates,
  secrets: Secrets,
  account: Account,
): Promise<void> {
  const token = (context: Context, user: User) => secrets(`token ${context} ${user.name}`);
  const write = (path: string, user: User, served: readonly Context[]) =>
    writeFile(
      path,
      kubeconfig(ports, certificates, user, served, (context) => token(context, user)),
      { mode: 0o600 },
    );

  for (const context of contexts) {
    const users = [
      administrator,
      operatorUser,
      ...ownClusters.filter((cluster) => cluster.context === context).map(instanceUser),
    ];
    const files = contextLayout(directory, context);
    await mkdir(files.pods, { recursive: true });
    const lines = users.map((user) => `${token(context, user)},${user.name},${user.name},"${user.groups.join(",")}"\n`);
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

function kubeconfig(
  ports: Ports,
  certificates: Certificates,
  user: User,
  served: readonly Context[],
  token: (context: Context) => string,
): string {
  const content = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": served[0],
    clusters: served.map((context) => ({
      name: context,
      cluster: {
        server: `https://127.0.0.1:${ports(portName.apiServer(context))}`,
        "certificate-authority": certificates.authority,
      },
    })),
    contexts: served.map((context) => ({
      name: context,
      context: { cluster: context, user: `${user.name}@${context}` },
    })),
    users: served.map((context) => ({ name: `${user.name}@${context}`, user: { token: token(context) } })),
  };
  // JSON is YAML, too.
  return JSON.stringify(content, undefined, 2);
}

import { labels } from "../../domain/stanza/postgres-cluster.ts";
import { FakeApiServer } from "./fake-api-server.ts";

/**
 * An API server with PostgresClusters in the namespace `n`, one Pod each.
 *
 * @param answers what the command in the Pod of each cluster prints, by the cluster's name.
 */
export function startClusters(answers: Readonly<Record<string, string>>): Promise<FakeApiServer> {
  const names = Object.keys(answers);
  return FakeApiServer.start(
    ({ url = "" }) => ({
      status: 200,
      body: { items: names.map(url.includes("postgresclusters") ? cluster : pod), metadata: {} },
    }),
    { exec: (_command, name) => answers[name.replace(/-0$/, "")] ?? "", isCurrent: true },
  );
}

function cluster(name: string): object {
  const repos = [{ name: "repo1", schedules: { full: "@yearly" } }];
  const status = { patroni: { systemIdentifier: "7710366851552716423" } };
  return { metadata: { namespace: "n", name, uid: name }, spec: { backups: { pgbackrest: { repos } } }, status };
}

function pod(name: string): object {
  return {
    metadata: { namespace: "n", name: `${name}-0`, labels: { [labels.cluster]: name, [labels.instance]: name } },
    status: { phase: "Running", containerStatuses: [{ name: "database", state: { running: {} } }] },
  };
}

import { connectKubernetes, type KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { stanzaCreateRequestSchema, type StanzaCreateReport } from "../../domain/stanza/create.ts";
import { createStanza } from "../../operations/stanza/create.ts";
import { realSurroundings } from "../../operations/surroundings.ts";
import type { PostgresCluster } from "../../sandbox/pgo/inventory.ts";
import { sandboxEnvironment } from "./sandbox.ts";
import { withEvents, type Event } from "./gaps.ts";

/** A client for the sandbox's own API server. */
async function sandboxClient({ context }: PostgresCluster): Promise<KubernetesClient> {
  const { KUBECONFIG = "" } = await sandboxEnvironment();
  return connectKubernetes({ context, kubeconfig: KUBECONFIG });
}

/** How the procedure ended, and its progress lines. */
export interface ProcedureEnd {
  readonly report: StanzaCreateReport | undefined;
  readonly error: unknown;
  readonly progress: string[];
}

/** Runs the whole procedure on the sandbox through the real exec path, with events between its steps. */
export async function runProcedure(
  cluster: PostgresCluster,
  request: { dump?: { directory: string } | { skip: string }; timeLimits?: object },
  ...events: Event[]
): Promise<ProcedureEnd> {
  const progress: string[] = [];
  const surroundings = realSurroundings((line) => progress.push(line), new AbortController().signal);
  const whole = stanzaCreateRequestSchema.parse({
    version: 1,
    kubernetes: { context: cluster.context },
    cluster: `${cluster.namespace}/${cluster.name}`,
    dump: { skip: "the sandbox's data is nothing worth" },
    timeLimits: {},
    ...request,
  });
  try {
    const report = await createStanza(withEvents(await sandboxClient(cluster), ...events), whole, surroundings);
    return { report, error: undefined, progress };
  } catch (error) {
    return { report: undefined, error, progress };
  }
}

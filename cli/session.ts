import { connectKubernetes, type KubernetesClient } from "../clients/kubernetes/postgres-clusters.ts";
import type { Exec } from "../clients/kubernetes/exec.ts";
import type { KubernetesTarget } from "../clients/kubernetes/api.ts";
import { RecoveryError } from "../domain/errors.ts";
import { realSurroundings, type Surroundings } from "../operations/surroundings.ts";
import { againHint, rememberPlace } from "./hints.ts";
import type { CommonOptions } from "./options.ts";
import { printProgress } from "./output.ts";

/** What an operation needs: the connection to the cluster, and its surroundings. */
export interface Session {
  readonly client: KubernetesClient;
  readonly surroundings: Surroundings;
}

type SessionOptions = Pick<CommonOptions, "context" | "kubeconfig" | "kubeSystemUid" | "debug">;

/** Connects to the cluster and listens for signals. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const surroundings = surroundingsOfProcess();
  const target = kubernetesTarget(options);
  rememberPlace(target);
  const client = await connectKubernetes(target, surroundings.signal, surroundings.progress);
  return { client: options.debug ? traced(client, surroundings.progress) : client, surroundings };
}

/** The cluster that the options name. */
export function kubernetesTarget({ context, kubeconfig, kubeSystemUid }: SessionOptions): KubernetesTarget {
  return {
    context,
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(kubeSystemUid !== undefined && { kubeSystemUid }),
  };
}

/**
 * Turns the first ^C, SIGTERM, closed terminal or closed pipe into a clean stop. A second signal ends the process at once.
 * Progress goes to stderr.
 */
export function surroundingsOfProcess(): Surroundings {
  const stop = new AbortController();
  const interrupt = (): void => {
    stop.abort(
      new RecoveryError("interrupted", "interrupted; a remote command that was running ends within its time limit", {
        next: againHint(process.argv.slice(2)),
      }),
    );
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, interrupt);
  // A closed pipe (`| head`, a killed engine): without a listener Node would crash and leave an unfinished dump behind.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", interrupt);
  return realSurroundings(printProgress, stop.signal);
}

/** The same client, which also reports every remote command as progress. */
export function traced<Client extends { readonly exec: Exec }>(
  client: Client,
  progress: (line: string) => void,
): Client {
  return { ...client, exec: tracedExec(client.exec, progress) };
}

function tracedExec(exec: Exec, progress: (line: string) => void): Exec {
  return async (container, argv, execOptions) => {
    const started = performance.now();
    const result = await exec(container, argv, execOptions);
    const seconds = ((performance.now() - started) / 1000).toFixed(2);
    const end = result.end === "exited" ? `exit code ${result.code}` : `${result.end}: ${result.message}`;
    progress(`debug: ${container.namespace}/${container.pod} ${argv.join(" ")} -> ${end}, ${seconds} s`);
    return result;
  };
}

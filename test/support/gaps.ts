import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";

/** Something that happens just before a remote command. */
export interface Event {
  /** Matches the command, its arguments joined by blanks. */
  readonly before: RegExp;
  readonly happens: () => Promise<unknown>;
}

/** The real client, with events between the steps of a procedure: each once, in this order. */
export function withEvents(client: KubernetesClient, ...events: Event[]): KubernetesClient {
  const waiting = [...events];
  return {
    ...client,
    exec: async (container, argv, options) => {
      if (waiting[0]?.before.test(argv.join(" ")) === true) await waiting.shift()?.happens();
      return client.exec(container, argv, options);
    },
  };
}

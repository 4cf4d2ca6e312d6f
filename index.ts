import { HeldTarget } from "./components/held-target.ts";
import { nameSourcesByPath } from "./components/source-positions.ts";
import { knownBefore } from "./components/stack/known-before.ts";
import { StanzaCreation } from "./components/stanza/stanza-creation.ts";
import { settingsFromPulumi } from "./settings/from-pulumi.ts";
import type { HarborSettings } from "./settings/harbor.ts";

nameSourcesByPath();
const settings = await settingsFromPulumi();
const { kubernetes, last, seen } = await knownBefore(settings.kubernetes, settings.stanza.targets);
const stanza = new StanzaCreation("stanza", { kubernetes, ...settings.stanza, last: last.stanzas.targets, seen });

const outputs = {
  /** The Kubernetes cluster that all of this is about. */
  kubernetes: { context: kubernetes.context, kubeSystemUid: kubernetes.kubeSystemUid ?? null },
  /** The report of each target's last run, and why targets are on hold. */
  stanzas: { targets: stanza.runs, held: stanza.held },
};

/** Pulumi warns about an undefined output, so the output `harbor` is left out when the stack declares no Harbor. */
export default settings.harbor === undefined
  ? outputs
  : {
      ...outputs,
      /** What was found and done for Harbor's database, or why it is on hold. */
      harbor: await declareHarbor(settings.harbor),
    };

async function declareHarbor({ hold, ...declared }: HarborSettings): Promise<object> {
  if (hold !== undefined) return { held: new HeldTarget(declared.cluster, hold).reason };
  // The AWS and Kubernetes SDKs are big, so a stack without Harbor does not load them.
  const { HarborDatabase } = await import("./components/harbor/harbor-database.ts");
  return new HarborDatabase("harbor", {
    kubernetes,
    keys: settings.harborSecrets,
    lastRestore: last.harbor,
    ...declared,
  }).report;
}

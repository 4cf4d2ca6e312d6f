import { HeldTarget } from "./components/held-target.ts";
import { StanzaCreation } from "./components/stanza/stanza-creation.ts";
import { settingsFromPulumi } from "./settings/from-pulumi.ts";
import type { HarborSettings } from "./settings/harbor.ts";

const settings = settingsFromPulumi();
const stanza = new StanzaCreation("stanza", { kubernetes: settings.kubernetes, ...settings.stanza });

const outputs = {
  /** What was done for each target, and which targets are on hold. */
  stanzas: { created: stanza.created, held: stanza.held },
};

/** Pulumi warns of an output that is undefined, so a stack that declares no Harbor has no such output at all. */
export default settings.harbor === undefined
  ? outputs
  : {
      ...outputs,
      /** What was found and done for Harbor's database, or why nothing is done yet. */
      harbor: await declareHarbor(settings.harbor),
    };

async function declareHarbor({ hold, ...declared }: HarborSettings): Promise<object> {
  if (hold !== undefined) return { held: new HeldTarget(declared.cluster, hold).reason };
  // The AWS and Kubernetes SDKs are big: a stack without Harbor does without them.
  const { HarborDatabase } = await import("./components/harbor/harbor-database.ts");
  return new HarborDatabase("harbor", { kubernetes: settings.kubernetes, keys: settings.harborSecrets, ...declared })
    .report;
}

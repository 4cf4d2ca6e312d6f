import { RunError } from "@pulumi/pulumi";
import { StanzaCreation } from "./components/stanza/stanza-creation.ts";
import { settingsFromPulumi } from "./settings/from-pulumi.ts";

const settings = settingsFromPulumi();
if (settings.harbor !== undefined) {
  throw new RunError("postgres-recovery:harbor: this program does not declare Harbor's database yet; the steps are there as commands, see docs/harbor.md");
}
const stanza = new StanzaCreation("stanza", { kubernetes: settings.kubernetes, ...settings.stanza });

/** What was done for each target, and which targets are on hold. */
export const stanzas = { created: stanza.created, held: stanza.held };

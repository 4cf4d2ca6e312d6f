import { StanzaCreation } from "./components/stanza/stanza-creation.ts";
import { settingsFromPulumi } from "./settings/from-pulumi.ts";

const settings = settingsFromPulumi();
const stanza = new StanzaCreation("stanza", { kubernetes: settings.kubernetes, ...settings.stanza });

/** What was done for each target, and which targets are on hold. */
export const stanzas = { created: stanza.created, held: stanza.held };

import { stanzas } from "../domain/check/judges.ts";
import { resourcePolicy, stackPolicy } from "./policy.ts";
import { stacks } from "./stacks.ts";
import { stanzaTargets } from "../domain/check/stack-judges.ts";

// Commands about stanzas.

export const stanzaCommandForbidden = resourcePolicy("stanza-command-forbidden", stanzas);
export const stanzaCommandUnchecked = resourcePolicy("stanza-command-unchecked", stanzas);
export const stanzaRequestInvalid = resourcePolicy("stanza-request-invalid", stanzas);
export const stanzaWithoutTimeLimit = resourcePolicy("stanza-without-time-limit", stanzas);
export const stanzaDumpOnDisk = resourcePolicy("stanza-dump-on-disk", stanzas);
export const clusterNotGuarded = resourcePolicy("cluster-not-guarded", stacks);

export const stanzaTargetTwice = stackPolicy("stanza-target-twice", stanzaTargets);
export const stanzaTargetHeld = stackPolicy("stanza-target-held", stanzaTargets);

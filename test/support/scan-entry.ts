import { verdictWithFlags, type Flag } from "../../domain/stanza/flags.ts";
import type { ScanEntry } from "../../domain/stanza/list-report.ts";
import { disagreement, type StanzaStatus } from "../../domain/stanza/status.ts";

/** A row of the list, with the verdict and the disagreement that follow from the rest. */
export function scanEntry(
  status: StanzaStatus,
  change: Partial<Omit<ScanEntry, "status" | "flags" | "verdict" | "disagreement">> & { readonly flags?: Flag[] } = {},
): ScanEntry {
  const { flags = [], ...rest } = change;
  const contradiction = disagreement(status, change.operatorSaysCreated);
  return {
    namespace: "calendar",
    cluster: "calendar-db",
    uid: "0b1f8f2a-6a7e-4d0c-9a51-6f1f0a2b3c4d",
    status,
    flags,
    verdict: verdictWithFlags(status, flags),
    repositoryPlace: "repo host",
    ...(contradiction !== undefined && { disagreement: contradiction }),
    ...rest,
  };
}

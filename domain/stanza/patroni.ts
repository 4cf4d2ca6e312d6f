import { z } from "zod";
import { parseJsonOutput } from "../json-output.ts";

const memberList = z.array(z.object({ Member: z.string(), Role: z.string(), State: z.string() }));

/**
 * The leader's Pod in the output of `patronictl list -f json`; undefined when there is not exactly one running leader.
 *
 * PGO names Patroni's members after their Pods. A `Standby Leader` does not count, because no stanza can be created from
 * it. The answer is a hint, not a proof: a killed leader is listed as running until Patroni's TTL ends (30 s under PGO).
 *
 * @example
 * leaderInList('[{"Member": "db-0", "Role": "Leader", "State": "running"}]') // → "db-0"
 * leaderInList('[{"Member": "db-0", "Role": "Standby Leader", "State": "running"}]') // → undefined
 *
 * @throws SyntaxError or ZodError when the output is not such a list.
 */
export function leaderInList(output: string): string | undefined {
  const leaders = memberList
    .parse(parseJsonOutput(output))
    .filter(({ Role, State }) => Role === "Leader" && State === "running");
  return leaders.length === 1 ? leaders[0]?.Member : undefined;
}

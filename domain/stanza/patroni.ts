import { z } from "zod";
import { parseJsonOutput } from "../json-output.ts";

const memberList = z.array(
  z.object({ Member: z.string(), Role: z.string(), State: z.string(), TL: z.int().optional().catch(undefined) }),
);

/** A member of a cluster, as `patronictl list -f json` lists it. */
export interface Member {
  /** Its Pod. */
  readonly name: string;
  /** For example `Leader`, `Replica`, `Sync Standby`. */
  readonly role: string;
  /** `running`, or since Patroni 3.1 for a replica `streaming`. */
  readonly state: string;
  /** Undefined when Postgres does not run. */
  readonly timeline: number | undefined;
}

/**
 * The members in the output of `patronictl list -f json`.
 *
 * @throws SyntaxError or ZodError when the output is not such a list.
 */
export function membersInList(output: string): Member[] {
  return memberList
    .parse(parseJsonOutput(output))
    .map(({ Member: name, Role: role, State: state, TL: timeline }) => ({ name, role, state, timeline }));
}

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
  const leaders = membersInList(output).filter(({ role, state }) => role === "Leader" && state === "running");
  return leaders.length === 1 ? leaders[0]?.name : undefined;
}

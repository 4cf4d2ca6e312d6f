import { z } from "zod";
import { flagCodes, unknowns } from "./flag-codes.ts";
import { verdictOf, type StanzaStatus, type Verdict } from "./status.ts";

/** What is wrong with the backups of a cluster whose stanza exists. */
export const flagSchema = z.object({
  code: z.enum(flagCodes),
  /** What was seen, for a person. */
  detail: z.string(),
  /** A shell command that corrects it; absent when no single one does. */
  command: z.string().optional(),
  /** Set when the caller allowed the flag, so that it does not count. */
  allowed: z.literal(true).optional(),
});
export type Flag = z.infer<typeof flagSchema>;

/** The verdict on a cluster: on its stanza, and where that is okay, on its backups. An allowed flag does not count. */
export function verdictWithFlags(status: StanzaStatus, flags: readonly Flag[]): Verdict {
  const verdict = verdictOf(status);
  if (verdict !== "okay") return verdict;
  const counted = flags.filter(({ allowed }) => allowed !== true).map(({ code }) => code);
  if (counted.some((code) => !unknowns.includes(code))) return "finding";
  return counted.length > 0 ? "undetermined" : "okay";
}

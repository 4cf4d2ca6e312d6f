import { z } from "zod";
import { findingCodes, severities } from "./catalogue/finding-codes.ts";

/** A finding, as reports contain it. */
export const findingSchema = z.object({
  severity: z.enum(severities),
  /** Names the fact, and stays the same in every version. Explained in docs/findings.md. */
  code: z.enum(findingCodes),
  what: z.string(),
  where: z.string(),
  fix: z.string(),
});

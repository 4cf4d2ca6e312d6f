import { z } from "zod";

/** A reason in a person's words, of at least 10 characters so that it says something. */
export const writtenReason = z.string().trim().min(10, "write the reason in a few words (at least 10 characters)");

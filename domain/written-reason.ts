import { z } from "zod";

/** A reason that a person wrote down; it must say something. */
export const writtenReason = z.string().trim().min(10, "write the reason in a few words (at least 10 characters)");

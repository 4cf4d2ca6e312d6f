import { z } from "zod";

const problem = "write the reason in a few words (at least 10 characters)";

/** A reason in a person's words, of at least 10 characters so that it says something. */
export const writtenReason = z.string(problem).trim().min(10, problem);

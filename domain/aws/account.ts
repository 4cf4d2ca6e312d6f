import { z } from "zod";

/** The number of an AWS account. */
export const accountIdSchema = z.string().regex(/^\d{12}$/, "must be an AWS account: 12 digits");

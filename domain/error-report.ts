import { z } from "zod";
import { errorKinds, type ErrorCode, type FailureKind } from "./catalogue/error-codes.ts";

const codes = Object.keys(errorKinds) as [ErrorCode, ...ErrorCode[]];
const kinds = ["usage", "undetermined", "failed", "interrupted"] as const satisfies readonly FailureKind[];

/** What a command prints on stdout when it fails, with `-o json` and without `--request`. Within one version, fields are only ever added. */
export const errorReportSchema = z.object({
  version: z.literal(1),
  error: z.object({
    /** Explained in docs/findings.md. */
    code: z.enum(codes),
    /** The exit code follows from it: usage 2, undetermined 3, failed 4, interrupted 130. */
    kind: z.enum(kinds),
    message: z.string(),
    /** What to do next; null when the message already says it. */
    next: z.string().nullable(),
  }),
});
export type ErrorReport = z.infer<typeof errorReportSchema>;

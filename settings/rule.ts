import { z } from "zod";

/** A problem of several properties together, reported at the one that has to change. */
export interface Problem {
  readonly path: string[];
  readonly message: string;
}

/**
 * A rule over several properties, for `superRefine` with {@link always}. It parses only the properties that it reads, so
 * that it also works when other properties are wrong: everything is reported at once.
 */
export function rule<Parts extends z.ZodType>(
  reads: Parts,
  problems: (parts: z.output<Parts>) => readonly Problem[],
): (value: unknown, context: z.core.$RefinementCtx) => void {
  return (value, context) => {
    const parts = reads.safeParse(value);
    if (!parts.success) return;
    for (const { path, message } of problems(parts.data)) context.addIssue({ code: "custom", path, message });
  };
}

/** Runs a rule also when a property has a mistake of its own. */
export const always = { when: () => true };

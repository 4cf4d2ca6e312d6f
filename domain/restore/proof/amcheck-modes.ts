// Apart from request.ts, so that `--help` does not load zod.

/** Whether every B-tree index is read by PostgreSQL's extension amcheck. */
export const amcheckModes = ["if-installed", "always", "never"] as const;
export type AmcheckMode = (typeof amcheckModes)[number];

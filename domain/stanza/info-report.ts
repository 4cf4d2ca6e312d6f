import { z } from "zod";
import { parseJsonOutput } from "../json-output.ts";

const repositoryStatus = z.object({ code: z.int(), message: z.string() });

/** Name of a WAL segment. Null: there is none. Undefined: the report does not say, or says something else. */
const segmentSchema = z
  .string()
  .regex(/^[0-9A-F]{24}$/)
  .nullable()
  .optional()
  .catch(undefined);

const stanzaInfoSchema = z.object({
  name: z.string(),
  status: repositoryStatus,
  repo: z.array(z.object({ key: z.int(), status: repositoryStatus })),
  db: z.array(
    z.object({
      id: z.int(),
      "repo-key": z.int(),
      "system-id": z.union([z.int(), z.bigint()]),
      version: z.string().optional(),
    }),
  ),
  /** The first and the last segment of each database in each repository. Nothing says whether all between them exist. */
  archive: z
    .array(
      z.object({
        database: z.object({ id: z.int(), "repo-key": z.int() }),
        min: segmentSchema,
        max: segmentSchema,
      }),
    )
    .optional(),
  backup: z.array(
    z.object({
      label: z.string().optional(),
      database: z.object({ id: z.int().optional(), "repo-key": z.int() }).optional(),
      // The latest moment that a Date can hold.
      timestamp: z.object({ stop: z.int().min(0).max(8.64e12) }),
      type: z.string().optional(),
      /** The WAL that makes the backup consistent. */
      archive: z.object({ start: segmentSchema, stop: segmentSchema }).optional(),
      /** Labels of the backups whose files it uses. */
      reference: z.array(z.string()).nullish(),
      /** Whether pages with a wrong checksum were copied; absent when checksums were not verified. */
      error: z.boolean().nullish(),
      /** `delta`: bytes that this backup added to the repository. */
      info: z.object({ repository: z.object({ delta: z.int().min(0) }).optional() }).optional(),
    }),
  ),
});

/** One stanza in the report of `pgbackrest info --output=json`. */
export type StanzaInfo = z.infer<typeof stanzaInfoSchema>;

/**
 * How many entries a list of the report may have. zod keeps an issue for each wrong entry, so a hostile report with
 * millions of them would exhaust the memory.
 */
const entriesAllowed = 50_000;

/** The report could not be read. */
export interface UnreadableReport {
  readonly problem: string;
}

/**
 * The stanza in the output of `pgbackrest --stanza=STANZA info --output=json`; undefined when the report names no stanza.
 * Only the entry of the stanza is validated.
 */
export function readInfoReport(output: string, stanza: string): StanzaInfo | undefined | UnreadableReport {
  const report = parsedOrUndefined(output);
  if (!Array.isArray(report)) return notReport;
  // `[invalid]` is the name under which pgBackRest reports a repository that it could not read at all.
  if (!report.every(isNamed)) return notReport;
  const found = report.find(({ name }) => name === stanza || name === "[invalid]");
  if (found === undefined) return undefined;
  if (Object.values(found).some((list) => Array.isArray(list) && list.length > entriesAllowed)) {
    return { problem: `pgbackrest info printed a list of more than ${entriesAllowed} entries` };
  }
  return stanzaInfoSchema.safeParse(found).data ?? notReport;
}

const notReport: UnreadableReport = { problem: "pgbackrest info printed something that is not its JSON report" };

function parsedOrUndefined(output: string): unknown {
  try {
    return parseJsonOutput(output);
  } catch {
    return undefined;
  }
}

function isNamed(entry: unknown): entry is { readonly name: string } {
  return typeof entry === "object" && entry !== null && "name" in entry && typeof entry.name === "string";
}

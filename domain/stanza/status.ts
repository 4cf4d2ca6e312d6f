import { z } from "zod";

const namedBackups = z.object({
  count: z.int().describe("How many there are."),
  first: z.array(z.string()).describe("The first five of them."),
});

/** The backups in one repository. */
export const repositoryBackupsSchema = z.object({
  /** Such as `repo1`. */
  name: z.string(),
  count: z.int(),
  /** When the newest backup of each type ended (ISO 8601, UTC). */
  newest: z.object({
    full: z.iso.datetime().optional(),
    differential: z.iso.datetime().optional(),
    incremental: z.iso.datetime().optional(),
  }),
  wal: z
    .object({
      min: z.string().nullable().describe("Name of the first WAL segment; null when there is none."),
      max: z.string().nullable().describe("Name of the last WAL segment; null when there is none."),
    })
    .optional()
    .describe("The WAL of the database. A missing segment between the two does not show. Absent: not known."),
  usable: z
    .object({
      count: z.int().describe("How many there are."),
      unknown: z.int().optional().describe("Of how many backups it is not known. Absent: of none."),
      oldest: z.iso.datetime().optional().describe("When the oldest of them ended (ISO 8601, UTC)."),
      newest: z.iso.datetime().optional().describe("When the newest of them ended (ISO 8601, UTC)."),
    })
    .optional()
    .describe("Backups of the database whose own WAL and earlier backups are there. Absent: not known."),
  unusable: namedBackups.optional().describe("Backups that cannot be restored, and why. Absent: none is known."),
  damaged: namedBackups.optional().describe("Backups with pages of a wrong checksum. Absent: none is known."),
  ofEarlierDatabases: z
    .int()
    .optional()
    .describe("How many backups are of a database that owned the stanza before. Absent: none."),
  bytes: z.int().optional().describe("Bytes that its backups take, without the WAL. Absent: not known."),
});
export type RepositoryBackups = z.infer<typeof repositoryBackupsSchema>;

/**
 * What is known about a cluster's stanza. Whatever could not be determined has a status of its own, never "okay".
 * Only `no-stanza` is ever repaired; `broken` always needs a person.
 */
export const stanzaStatusSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("okay"),
    /** How many backups the repositories hold, and when the newest ended (ISO 8601, UTC). */
    backups: z.object({
      count: z.int(),
      newest: z.iso.datetime().optional(),
      /** Every repository that pgBackRest reports; absent in reports of older versions. */
      repositories: z.array(repositoryBackupsSchema).optional(),
    }),
    /** `db[].system-id` of the newest database entry. */
    systemIdentifier: z.string().optional(),
    /** Other databases of the same PostgreSQL version that the stanza belonged to before. */
    earlierIdentifiers: z.array(z.string()).optional(),
  }),
  z.object({ status: z.literal("no-stanza"), repositories: z.array(z.string()) }),
  z.object({ status: z.literal("timeout"), reason: z.string() }),
  z.object({
    status: z.literal("unreachable"),
    reason: z.string(),
    /**
     * Set when the repository is not the cause: `not-allowed` (the API server refused to run the command),
     * `not-compared` (a stanza exists, but the database did not report the identifier that would prove whose it is).
     */
    because: z.enum(["not-allowed", "not-compared"]).optional(),
  }),
  z.object({
    status: z.literal("broken"),
    reason: z.string(),
    /**
     * Set when all that is wrong are info files that are missing. While `stanza-create` runs, they appear one after the
     * other, so this may pass within seconds.
     */
    because: z.literal("incomplete").optional(),
  }),
  z.object({
    status: z.literal("no-instance"),
    reason: z.string(),
    /** Set while PGO restores the data, which it does before it starts an instance. */
    because: z.literal("restoring").optional(),
  }),
  /** `spec.backups` was removed, but the repositories are still there. PGO has paused, or has not finished. */
  z.object({ status: z.literal("backups-removed"), reason: z.string() }),
  /** The PostgresCluster itself is malformed. */
  z.object({ status: z.literal("unreadable"), reason: z.string() }),
  z.object({
    status: z.literal("not-applicable"),
    because: z.enum(["backups-disabled", "shut-down", "standby"]),
    reason: z.string(),
  }),
]);
export type StanzaStatus = z.infer<typeof stanzaStatusSchema>;
export type OkayStatus = Extract<StanzaStatus, { status: "okay" }>;

/** What to do when the API server has refused to run a command. */
export const notAllowedAdvice = "log in again, or ask for the role in docs/permissions.md";

/** What to do about an `unreachable` status whose cause is not the repo host. */
export function becauseAdvice(because: "not-allowed" | "not-compared"): string {
  return because === "not-allowed"
    ? notAllowedAdvice
    : "see why Postgres does not answer in the instance, then run again";
}

/**
 * What a status means for the reader: nothing to do, something to repair or to look at, not known, or no stanza expected
 * (backups disabled, shut down, standby).
 */
export const verdicts = ["okay", "finding", "undetermined", "not-expected"] as const;
export type Verdict = (typeof verdicts)[number];

/** The verdict on one status. */
export function verdictOf(status: StanzaStatus): Verdict {
  switch (status.status) {
    case "okay":
      return "okay";
    case "not-applicable":
      return "not-expected";
    case "no-stanza":
    case "broken":
    case "backups-removed":
      return "finding";
    case "timeout":
    case "unreachable":
    case "no-instance":
    case "unreadable":
      return "undetermined";
  }
}

/** The runbook's wording of a status (`INFO:root:[ns] cluster (pod): Okay`), and similar wording for the other ones. */
export function statusText(status: StanzaStatus): string {
  switch (status.status) {
    case "okay":
      return "Okay";
    case "no-stanza":
      return "No stanza configuration";
    case "timeout":
      return "Timeout occurred";
    case "unreachable":
      return "Unreachable";
    case "broken":
      return "Broken";
    case "no-instance":
      return "No database instance pod";
    case "backups-removed":
      return "Backups removed";
    case "unreadable":
      return "Malformed resource";
    case "not-applicable":
      return { "backups-disabled": "Backups disabled", "shut-down": "Shut down", standby: "Standby" }[status.because];
  }
}

/** A status in one or two words, for a table. */
export function statusWord(status: StanzaStatus): string {
  switch (status.status) {
    case "no-stanza":
      return "No stanza";
    case "timeout":
      return "Timeout";
    case "no-instance":
      return status.because === "restoring" ? "Restoring" : "No instance";
    case "unreadable":
      return "Malformed";
    case "backups-removed":
    case "okay":
    case "unreachable":
    case "broken":
    case "not-applicable":
      return statusText(status);
  }
}

/** The detail that a person needs besides {@link statusText}; empty when the status alone says it. */
export function statusDetail(status: StanzaStatus): string {
  switch (status.status) {
    case "okay":
      return status.backups.newest === undefined ? "no backup yet" : `newest backup ${status.backups.newest}`;
    case "no-stanza":
      return `missing in ${status.repositories.join(", ")}`;
    case "timeout":
    case "unreachable":
    case "broken":
    case "no-instance":
    case "backups-removed":
    case "unreadable":
    case "not-applicable":
      return status.reason;
  }
}

/**
 * How PGO's own `status.pgbackrest.repos[].stanzaCreated` contradicts pgBackRest; undefined when they agree or one of them
 * is not known. With `operator-says-created` PGO never tries again, so only a repair from outside helps.
 */
export function disagreement(
  status: StanzaStatus,
  operatorSaysCreated: boolean | undefined,
): "operator-says-created" | "operator-says-missing" | undefined {
  if (status.status === "no-stanza" && operatorSaysCreated === true) return "operator-says-created";
  if (status.status === "okay" && operatorSaysCreated === false) return "operator-says-missing";
  return undefined;
}

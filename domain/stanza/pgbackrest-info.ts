import { firstLine } from "../text.ts";
import type { DatabaseAnswer } from "./database-answer.ts";
import { readInfoReport, type StanzaInfo } from "./info-report.ts";
import { newestStop, repositoryBackups } from "./repository-contents.ts";
import type { OkayStatus, StanzaStatus } from "./status.ts";

/** What the PostgresCluster says about its stanza. The repository's answer is compared with it. */
export interface ExpectedStanza {
  readonly stanza: string;
  /** `spec.backups.pgbackrest.repos[].name`; reported as missing when there is no stanza at all. */
  readonly repositories: readonly string[];
  /**
   * `status.patroni.systemIdentifier`. A repository with another identifier belongs to another database. While it is
   * unset, an okay status is not proven: see {@link ofDatabase}.
   */
  readonly systemIdentifier: string | undefined;
}

/**
 * The stanza's status from the output of `pgbackrest --stanza=db info --output=json`.
 *
 * The exit code and the text "No stanzas exist" prove nothing: `info` exits 0 in every state of the repository, so only
 * the codes in the JSON are read (pgBackRest src/command/info/info.c; the same in 2.45 and 2.59). With several
 * repositories the worst answer wins: first broken, then timeout, unreachable, no stanza, okay.
 */
export function classifyInfo(output: string, expected: ExpectedStanza): StanzaStatus {
  const info = readInfoReport(output, expected.stanza);
  if (info === undefined) return { status: "no-stanza", repositories: [...expected.repositories] };
  if ("problem" in info) return { status: "unreachable", reason: info.problem };
  return worstOf(info, expected);
}

function worstOf(info: StanzaInfo, expected: ExpectedStanza): StanzaStatus {
  if (info.repo.length === 0) return { status: "unreachable", reason: "pgbackrest info reported no repository" };
  const repositories = info.repo.map((repository) => ({
    name: `repo${repository.key}`,
    answer: repositoryAnswer(repository.status),
    incomplete: repository.status.code === missingStanzaData,
    message: shortMessage(repository.status.message),
  }));
  for (const status of ["broken", "timeout", "unreachable"] as const) {
    const worst = repositories.filter(({ answer }) => answer === status);
    if (worst.length > 0) {
      const reason = worst.map(({ name, message }) => `${name}: ${message}`).join("; ");
      if (status === "broken" && worst.every(({ incomplete }) => incomplete)) {
        return { status, reason, because: "incomplete" };
      }
      return { status, reason };
    }
  }
  const missing = repositories.filter(({ answer }) => answer === "no-stanza");
  if (missing.length > 0) return { status: "no-stanza", repositories: missing.map(({ name }) => name) };

  if (info.status.code === 5) return { status: "broken", reason: info.status.message };
  return okayUnlessForeign(info, expected);
}

/**
 * The folder of the stanza exists and `backup.info` does not. `stanza-create` writes `archive.info` first (pgBackRest
 * src/command/stanza/create.c), so this is also what `info` sees while it runs.
 */
const missingStanzaData = 3;

type Answer = "okay" | "no-stanza" | "broken" | "timeout" | "unreachable";

function repositoryAnswer({ code, message }: { code: number; message: string }): Answer {
  switch (code) {
    case 0: // ok
    case 2: // no valid backups: the stanza exists
      return "okay";
    case 1: // missing stanza path
      return "no-stanza";
    case 99: // other: only the message tells which error it is
      if (/timeout after \d+ms/.test(message)) return "timeout";
      return /^\[(FileMissing|Format|Checksum|FileInvalid)Error\]/.test(message) ? "broken" : "unreachable";
    default: // missingStanzaData, 5 database mismatch, and codes of later versions
      return "broken";
  }
}

/**
 * The first line of pgBackRest's message. When an object store refuses, pgBackRest appends the whole request and answer;
 * of these only the store's own code is kept, because it tells a wrong key from a missing bucket.
 *
 * @example
 * shortMessage("[ProtocolError] HTTP request failed with 403 (Forbidden):\n…<Code>AccessDenied</Code>…")
 * // → "[ProtocolError] HTTP request failed with 403 (Forbidden): AccessDenied"
 */
function shortMessage(message: string): string {
  const code = /<Code>(\w{1,60})<\/Code>/.exec(message)?.[1];
  const line = firstLine(message);
  return code === undefined || line.includes(code) ? line : `${line.replace(/:?$/, ":")} ${code}`;
}

function okayUnlessForeign(info: StanzaInfo, expected: ExpectedStanza): StanzaStatus {
  for (const { key } of info.repo) {
    const newest = newestDatabase(info, key)?.identifier;
    if (newest !== undefined && expected.systemIdentifier !== undefined && newest !== expected.systemIdentifier) {
      return foreign(`repo${key} belongs`, newest, expected.systemIdentifier);
    }
  }
  const repositories = info.repo.map(({ key }) => repositoryBackups(info, key));
  const newest = newestStop(info.backup);
  const systemIdentifier = newestDatabase(info, info.repo[0]?.key)?.identifier;
  const earlierIdentifiers = [...new Set(info.repo.flatMap(({ key }) => earlierDatabases(info, key)))];
  return {
    status: "okay",
    backups: { count: info.backup.length, ...(newest !== undefined && { newest }), repositories },
    ...(systemIdentifier !== undefined && { systemIdentifier }),
    ...(earlierIdentifiers.length > 0 && { earlierIdentifiers }),
  };
}

function foreign(what: string, theirs: string, own: string): StanzaStatus {
  return {
    status: "broken",
    reason: `${what} to another database: system identifier ${theirs}, the cluster's is ${own}`,
  };
}

/**
 * Compares an okay stanza with the database's own system identifier. Without an answer of the database the stanza's owner
 * is unknown, so the status is not "okay". One identifier is enough for all repositories of one database.
 */
export function ofDatabase(status: OkayStatus, own: DatabaseAnswer): StanzaStatus {
  if (status.systemIdentifier === undefined) return status;
  if ("unknown" in own) {
    return {
      status: "unreachable",
      because: "not-compared",
      reason: `a stanza exists, but its owner is unknown: PGO's status has no system identifier, and Postgres did not report it: ${own.unknown}`,
    };
  }
  return status.systemIdentifier === own.systemIdentifier
    ? status
    : foreign("the stanza belongs", status.systemIdentifier, own.systemIdentifier);
}

interface Database {
  readonly identifier: string;
  readonly version: string | undefined;
}

function databases(info: StanzaInfo, repositoryKey: number | undefined): Database[] {
  return info.db
    .filter((database) => database["repo-key"] === repositoryKey)
    .toSorted((a, b) => a.id - b.id)
    .map((database) => ({ identifier: database["system-id"].toString(), version: database.version }));
}

/** The newest database entry of one repository. */
function newestDatabase(info: StanzaInfo, repositoryKey: number | undefined): Database | undefined {
  return databases(info, repositoryKey).at(-1);
}

/**
 * Identifiers of other databases of the same PostgreSQL version that once owned the stanza. An upgrade changes version and
 * identifier together. `stanza-upgrade` in a foreign repository changes the identifier alone.
 */
function earlierDatabases(info: StanzaInfo, repositoryKey: number): string[] {
  const newest = newestDatabase(info, repositoryKey);
  return databases(info, repositoryKey)
    .filter(({ identifier, version }) => identifier !== newest?.identifier && version === newest?.version)
    .map(({ identifier }) => identifier);
}

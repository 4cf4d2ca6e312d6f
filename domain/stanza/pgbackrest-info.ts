import { z } from "zod";
import { messageOf } from "../errors.ts";
import { firstLine } from "../text.ts";
import { parseJsonOutput } from "../json-output.ts";
import type { OkayStatus, StanzaStatus } from "./status.ts";

const repositoryStatus = z.object({ code: z.int(), message: z.string() });
const stanzaInfo = z.object({
  name: z.string(),
  status: repositoryStatus,
  repo: z.array(z.object({ key: z.int(), status: repositoryStatus })),
  db: z.array(z.object({ id: z.int(), "repo-key": z.int(), "system-id": z.union([z.int(), z.bigint()]) })),
  backup: z.array(z.object({ timestamp: z.object({ stop: z.int() }) })),
});
type StanzaInfo = z.infer<typeof stanzaInfo>;

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
  const stanzas = z.array(stanzaInfo).safeParse(parsedOrProblem(output));
  if (!stanzas.success) {
    return { status: "unreachable", reason: "pgbackrest info printed something that is not its JSON report" };
  }
  // `[invalid]` is the name under which pgBackRest reports a repository that it could not read at all.
  const info = stanzas.data.find(({ name }) => name === expected.stanza || name === "[invalid]");
  if (info === undefined) return { status: "no-stanza", repositories: [...expected.repositories] };
  return worstOf(info, expected);
}

function parsedOrProblem(output: string): unknown {
  try {
    return parseJsonOutput(output);
  } catch (error) {
    return messageOf(error);
  }
}

function worstOf(info: StanzaInfo, expected: ExpectedStanza): StanzaStatus {
  if (info.repo.length === 0) return { status: "unreachable", reason: "pgbackrest info reported no repository" };
  const repositories = info.repo.map((repository) => ({
    name: `repo${repository.key}`,
    answer: repositoryAnswer(repository.status),
    message: firstLine(repository.status.message),
  }));
  for (const status of ["broken", "timeout", "unreachable"] as const) {
    const worst = repositories.filter(({ answer }) => answer === status);
    if (worst.length > 0) {
      return { status, reason: worst.map(({ name, message }) => `${name}: ${message}`).join("; ") };
    }
  }
  const missing = repositories.filter(({ answer }) => answer === "no-stanza");
  if (missing.length > 0) return { status: "no-stanza", repositories: missing.map(({ name }) => name) };

  if (info.status.code === 5) return { status: "broken", reason: info.status.message };
  return okayUnlessForeign(info, expected);
}

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
    default: // 3 missing stanza data, 5 database mismatch, and codes of later versions
      return "broken";
  }
}

function okayUnlessForeign(info: StanzaInfo, expected: ExpectedStanza): StanzaStatus {
  for (const { key } of info.repo) {
    const newest = newestDatabase(info, key);
    if (newest !== undefined && expected.systemIdentifier !== undefined && newest !== expected.systemIdentifier) {
      return foreign(`repo${key} belongs`, newest, expected.systemIdentifier);
    }
  }
  const newestStop = Math.max(...info.backup.map(({ timestamp }) => timestamp.stop));
  const systemIdentifier = newestDatabase(info, info.repo[0]?.key);
  return {
    status: "okay",
    backups: {
      count: info.backup.length,
      ...(info.backup.length > 0 && { newest: new Date(newestStop * 1000).toISOString() }),
    },
    ...(systemIdentifier !== undefined && { systemIdentifier }),
  };
}

function foreign(what: string, theirs: string, own: string): StanzaStatus {
  return {
    status: "broken",
    reason: `${what} to another database: system identifier ${theirs}, the cluster's is ${own}`,
  };
}

/** The database's own system identifier, or why it could not be read. */
export type OwnIdentifier = { readonly identifier: string } | { readonly unknown: string };

/**
 * Compares an okay stanza with the database's own system identifier. Without an answer of the database the stanza's owner
 * is unknown, so the status is not "okay". One identifier is enough for all repositories of one database.
 */
export function ofDatabase(status: OkayStatus, own: OwnIdentifier): StanzaStatus {
  if (status.systemIdentifier === undefined) return status;
  if ("unknown" in own) {
    return {
      status: "unreachable",
      because: "not-compared",
      reason: `a stanza stands, and whether it is this database's is not known: PGO's status has no system identifier, and Postgres does not tell it: ${own.unknown}`,
    };
  }
  return status.systemIdentifier === own.identifier
    ? status
    : foreign("the stanza belongs", status.systemIdentifier, own.identifier);
}

/** The system identifier of the newest database entry of one repository. */
function newestDatabase(info: StanzaInfo, repositoryKey: number | undefined): string | undefined {
  return info.db
    .filter((database) => database["repo-key"] === repositoryKey)
    .toSorted((a, b) => a.id - b.id)
    .at(-1)
    ?.["system-id"].toString();
}

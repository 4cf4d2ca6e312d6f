import { z } from "zod";
import { isArchiverFailing, type Database, type DatabaseAnswer } from "./database-answer.ts";
import { flagCodes, type FlagCode } from "./flag-codes.ts";
import { statusDetail, statusText, type OkayStatus, type RepositoryBackups, type StanzaStatus } from "./status.ts";
import { walArrival } from "./wal-arrival.ts";

const windowSchema = z.object({
  repository: z.string().describe("Such as `repo1`."),
  from: z.iso.datetime().describe("The earliest moment: the end of the oldest backup that can be restored."),
  until: z.iso
    .datetime()
    .nullable()
    .describe(
      "The latest moment: when Postgres completed the last WAL segment that is archived; null when that is not known, or when the repository lacks WAL.",
    ),
  atLeastUntil: z.iso
    .datetime()
    .describe(
      "A moment that can be reached for certain: `until`, or the end of the newest backup that can be restored.",
    ),
  endedBy: z
    .enum(flagCodes)
    .nullable()
    .describe("Why it does not reach the present; null when the archiver works and its WAL is in the repository."),
});
export type StanzaWindow = z.infer<typeof windowSchema>;

/** To which moments a cluster can be restored, and what its loss would cost. */
export const stanzaRecoverySchema = z.object({
  windows: z
    .array(windowSchema)
    .describe(
      "One for each repository from which a restore is possible. pgBackRest names the first and the last WAL segment only, so a missing segment between them does not show.",
    ),
  lossNow: z
    .object({
      what: z
        .enum(["since", "everything", "unknown"])
        .describe("since: the changes since a moment; everything: no backup can be restored."),
      since: z.iso.datetime().nullable().describe("That moment; null otherwise."),
      seconds: z.int().nullable().describe("Between that moment and this check; null when it is not known."),
      bytes: z
        .int()
        .nullable()
        .describe(
          "WAL that is written and not archived: next to none when nothing was written since; null when unknown.",
        ),
      why: z.string().describe("Why everything would be lost, or why it is not known; empty otherwise."),
    })
    .describe("What would be lost if the database were lost now."),
});
export type StanzaRecovery = z.infer<typeof stanzaRecoverySchema>;

interface Answers {
  /** Names of the repositories that the cluster declares. */
  readonly declared: readonly string[];
  readonly status: StanzaStatus;
  readonly database: DatabaseAnswer;
  readonly now: Date;
}

/**
 * To which moments a cluster can be restored, and what its loss would cost, as far as pgBackRest and Postgres say.
 *
 * Only the primary knows what was archived. Without its answer the cost is unknown, although there are backups.
 */
export function recoveryOf({ database, declared, now, status }: Answers): StanzaRecovery {
  if (status.status !== "okay") return { windows: [], lossNow: lossWithoutStanza(status, declared) };
  const windows = (status.backups.repositories ?? []).flatMap((repository) => windowOf(repository, database));
  return { windows, lossNow: lossOf(windows, status, database, now) };
}

function windowOf({ name, usable, wal }: RepositoryBackups, database: DatabaseAnswer): StanzaWindow[] {
  if (usable?.oldest === undefined || usable.newest === undefined) return [];
  const common = { repository: name, from: usable.oldest };
  const open = (endedBy: FlagCode): StanzaWindow[] => [
    { ...common, until: null, atLeastUntil: usable.newest ?? "", endedBy },
  ];
  if ("unknown" in database) return open("archiver-unknown");
  if (database.archiveMode === "off" || !database.archivesWithPgbackrest) return open("archiving-off");
  const arrival = walArrival(wal, database);
  if (arrival !== "arrived") return open(arrival === "missing" ? "wal-missing" : "archiver-unknown");
  const until = later(archivedUntil(database), usable.newest);
  return [{ ...common, until, atLeastUntil: until, endedBy: isArchiverFailing(database) ? "archiver-failing" : null }];
}

/**
 * Up to when the primary's changes are archived: when it completed the last segment that was. If Postgres no longer knows
 * that, the archiver's last success is too late by as long as that segment waited, so a segment that still waits counts.
 */
function archivedUntil({ askedAt, lastArchived, lastArchivedCompleted, oldestWaitingSeconds }: Database): string {
  if (lastArchivedCompleted !== null) return lastArchivedCompleted;
  const success = Date.parse(lastArchived ?? "");
  const waiting =
    oldestWaitingSeconds === null || askedAt === null ? Infinity : Date.parse(askedAt) - oldestWaitingSeconds * 1000;
  return new Date(Math.min(success, waiting)).toISOString();
}

function lossOf(
  windows: readonly StanzaWindow[],
  { backups: { repositories } }: OkayStatus,
  database: DatabaseAnswer,
  now: Date,
): StanzaRecovery["lossNow"] {
  if (repositories === undefined) return unknownLoss("the report does not say what the repositories hold");
  if (windows.length === 0) {
    const isKnown = repositories.every(({ usable }) => usable !== undefined && usable.unknown === undefined);
    return isKnown
      ? everything("no repository has a backup that can be restored")
      : unknownLoss("the report does not say whether the backups can be restored");
  }
  const reaching = windows.filter(({ until }) => until !== null);
  const unclear = windows.find(({ endedBy }) => endedBy === "archiver-unknown");
  if (reaching.length === 0 && unclear !== undefined) return unknownLoss(whyUnclear(database));
  const since = (reaching.length > 0 ? reaching : windows).map(({ atLeastUntil }) => atLeastUntil).reduce(later);
  return {
    what: "since",
    since,
    seconds: Math.max(0, Math.round((now.getTime() - Date.parse(since)) / 1000)),
    bytes: reaching.length === 0 ? null : unarchivedBytes(database),
    why: "",
  };
}

function whyUnclear(database: DatabaseAnswer): string {
  if ("unknown" in database) return `Postgres did not report its archiver: ${database.unknown}`;
  if (database.inRecovery) return "no primary was found to ask: a replica does not archive";
  if (database.lastArchivedWal === null) return "Postgres does not remember what it archived last";
  return `what Postgres archived last, ${database.lastArchivedWal}, cannot be compared with the repository`;
}

/** Bytes of WAL between the last archived segment and where the primary writes; null when that is not known. */
export function unarchivedBytes(database: DatabaseAnswer): number | null {
  if ("unknown" in database || database.currentLsn === null || database.segmentBytes === null) return null;
  const [, high, low] = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/.exec(database.currentLsn) ?? [];
  const [, log, segment] = /^[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})/.exec(database.lastArchivedWal ?? "") ?? [];
  if (high === undefined || low === undefined || log === undefined || segment === undefined) return null;
  const position = (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
  const archived = (BigInt(`0x${log}`) << 32n) + (BigInt(`0x${segment}`) + 1n) * BigInt(database.segmentBytes);
  return Math.max(0, Number(position - archived));
}

function lossWithoutStanza(
  status: Exclude<StanzaStatus, OkayStatus>,
  declared: readonly string[],
): StanzaRecovery["lossNow"] {
  switch (status.status) {
    case "no-stanza":
      return declared.every((name) => status.repositories.includes(name))
        ? everything("there is no stanza")
        : unknownLoss(`the stanza is missing in ${status.repositories.join(", ")}, so the others were not judged`);
    case "not-applicable":
      if (status.because === "backups-disabled") return everything(status.reason);
      return unknownLoss(status.because === "standby" ? "a standby does not archive: ask its primary" : status.reason);
    case "broken":
    case "backups-removed":
    case "timeout":
    case "unreachable":
    case "no-instance":
    case "unreadable":
      return unknownLoss([statusText(status), statusDetail(status)].filter(Boolean).join(": "));
  }
}

function everything(why: string): StanzaRecovery["lossNow"] {
  return { what: "everything", since: null, seconds: null, bytes: null, why };
}

function unknownLoss(why: string): StanzaRecovery["lossNow"] {
  return { what: "unknown", since: null, seconds: null, bytes: null, why };
}

function later(a: string, b: string): string {
  return Date.parse(a) >= Date.parse(b) ? a : b;
}

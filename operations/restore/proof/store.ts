import type { S3Client } from "../../../clients/aws/s3.ts";
import { readArchiver } from "../../../clients/pod/spilo.ts";
import { runSql } from "../../../clients/pod/sql.ts";
import { messageOf } from "../../../domain/errors.ts";
import { backupStore } from "../../../domain/harbor/backup-status.ts";
import { spiloVariables } from "../../../domain/harbor/objects.ts";
import { parseS3Url, type S3Location } from "../../../domain/aws/s3-location.ts";
import type { Judged } from "../../../domain/restore/proof/checks.ts";
import { timelineOfBackup } from "../../../domain/restore/proof/identity.ts";
import {
  judgeArchived,
  judgeFirstBackup,
  judgeOwnPlace,
  type ArchivedAnswer,
  type FirstBackupAnswer,
} from "../../../domain/restore/proof/own-backups.ts";
import { walgFolders, WalgListingReader } from "../../../domain/walg/storage.ts";
import type { DatabaseAnswer } from "../../../domain/stanza/database-answer.ts";
import { listBackups } from "../../backups/listing.ts";
import { Wait } from "../../waiting.ts";
import { notKnown } from "./database.ts";
import type { Running } from "./gather.ts";

const pauses = [1, 1, 2, 3, 5, 10];

/** A record in the WAL, so that there is something to switch from; it changes no data. */
const switchSql = `select pg_logical_emit_message(false, 'postgres-recovery', 'restore verify completes this segment');
select pg_walfile_name(pg_switch_wal())`;

/** Completes a WAL segment, and watches until it is in S3. */
export async function checkArchiving(running: Running): Promise<Judged> {
  const { clients, pod, request, surroundings } = running;
  const place = ownPlace(running);
  const source = request.backup === undefined ? undefined : parseS3Url(request.backup.place);
  const wrong = judgeOwnPlace(place, source);
  if (wrong !== undefined) return wrong;
  const task = { database: "postgres", sql: switchSql, mode: "committed", seconds: request.timeLimits.query } as const;
  const answer = await runSql(clients.harbor.exec, pod, task, surroundings.signal);
  if ("failed" in answer) throw notKnown(`no WAL segment could be completed: ${answer.failed}`);
  const segment = answer.text;
  if (!/^[0-9A-F]{24}$/.test(segment)) throw notKnown("PostgreSQL did not name the completed WAL segment");
  const archived = await withStore(running, (s3) => watchSegment(running, s3, place, segment));
  return judgeArchived(place, segment, archived, request.timeLimits.archive);
}

async function watchSegment(
  running: Running,
  s3: S3Client,
  place: S3Location,
  segment: string,
): Promise<ArchivedAnswer> {
  const { request, surroundings } = running;
  const wait = new Wait({ limit: request.timeLimits.archive, pauses }, surroundings);
  const prefix = `${place.prefix}/${walgFolders.wal}/${segment}`;
  let failure: string | undefined;
  do {
    const keys: string[] = [];
    try {
      await s3.list({ bucket: place.bucket, prefix }, surroundings.signal, (page) => {
        keys.push(...page.filter(({ size }) => size > 0).map(({ key }) => key));
        return undefined;
      });
      failure = undefined;
    } catch (error) {
      surroundings.signal.throwIfAborted();
      failure = messageOf(error);
    }
    // Not `….partial`, which a promotion leaves of an unfinished segment.
    const key = keys.find((one) => /^(\.(lz4|lzma|br|zst|lzo|gz))?$/.test(one.slice(prefix.length)));
    if (key !== undefined) return { archived: "there", key };
  } while (await wait.pause(`waiting for WAL segment ${segment} to arrive in S3`));
  if (failure !== undefined) return { archived: "unknown", message: failure };
  return { archived: "missing", archiver: archiverText(await archiverOf(running)) };
}

function archiverOf({ clients, pod, surroundings }: Running): Promise<DatabaseAnswer> {
  return readArchiver(clients.harbor.exec, pod, surroundings.signal);
}

function archiverText(answer: DatabaseAnswer): string {
  if ("unknown" in answer) return `the archiver did not answer: ${answer.unknown}`;
  if (answer.archiveMode === "off") return "archive_mode is off";
  const { failedCount, lastArchived, lastFailed } = answer;
  return `the archiver's last success was at ${lastArchived ?? "no time"}, its last of ${failedCount} failures at ${lastFailed ?? "no time"}`;
}

/** The new database's first base backup, once it is finished, and when. */
export interface FirstBackup extends Judged {
  /** Milliseconds since 1970. */
  readonly finishedAt?: number | undefined;
}

/** Watches until the new database has a finished base backup. */
export async function checkFirstBackup(running: Running): Promise<FirstBackup> {
  const place = ownPlace(running);
  const answer = await withStore(running, (s3) => watchBackup(running, s3, place));
  const judged = judgeFirstBackup(place, answer, running.request.timeLimits.backup);
  return { ...judged, finishedAt: answer.backup === "finished" ? answer.found.modified : undefined };
}

async function watchBackup(running: Running, s3: S3Client, place: S3Location): Promise<FirstBackupAnswer> {
  const { request, surroundings } = running;
  const restored = request.backup === undefined ? undefined : timelineOfBackup(request.backup.name);
  const wait = new Wait({ limit: request.timeLimits.backup, pauses }, surroundings);
  let answer: FirstBackupAnswer;
  do {
    const reader = new WalgListingReader(place.prefix);
    try {
      await listBackups(s3, place, reader, surroundings.signal);
      const { backups, incomplete } = reader.listing;
      // The new database is on a later timeline than the backup from which it was restored.
      const found = backups.find(({ timeline }) => timeline > (restored ?? 0));
      if (found !== undefined) return { backup: "finished", found };
      answer = { backup: "missing", unfinished: incomplete.map(({ name }) => name) };
    } catch (error) {
      surroundings.signal.throwIfAborted();
      answer = { backup: "unknown", message: messageOf(error) };
    }
  } while (await wait.pause("waiting for the first base backup of the new database to be finished"));
  return answer;
}

/** Where the Pods write, by the environment that they have. */
function ownPlace({ request, statefulSet }: Running): NonNullable<ReturnType<typeof backupStore>> {
  const containers = statefulSet?.spec.template.spec.containers ?? [];
  const place = backupStore(request.cluster, spiloVariables(containers));
  if (place === undefined) throw notKnown("the StatefulSet names no place of the new backups");
  return place;
}

async function withStore<T>(running: Running, use: (s3: S3Client) => Promise<T>): Promise<T> {
  const { clients, request } = running;
  const { region, endpoint } = ownPlace(running);
  const { bucketOwner, endpointUrl, keys } = request;
  const s3 = await clients.connectS3({ region, endpoint, bucketOwner, endpointUrl, keys });
  try {
    return await use(s3);
  } finally {
    s3.close();
  }
}

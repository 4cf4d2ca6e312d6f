import type { S3Access, S3Client } from "../../clients/aws/s3.ts";
import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { readArchiver } from "../../clients/pod/spilo.ts";
import { s3Url } from "../../domain/aws/s3-location.ts";
import { findingsAt, type Finding } from "../../domain/finding.ts";
import { judgeNewestWal } from "../../domain/harbor/archiving.ts";
import { backupStore, judgeBackups } from "../../domain/harbor/backup-status.ts";
import { podRole, spiloRuns, type DatabasePod } from "../../domain/harbor/objects.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { DatabaseAnswer } from "../../domain/stanza/database-answer.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { walgFolders, WalgListingReader, type WalgListing } from "../../domain/walg/storage.ts";
import { listBackups, listWal } from "../backups/listing.ts";
import { gathered } from "../gathered.ts";
import type { Surroundings } from "../surroundings.ts";
import { judged } from "./judged.ts";

/** Seconds for the listing of the backups. */
const backupSeconds = 60;

/** How S3 is connected. Only when the location of the backups is known. */
export interface StoreConnection {
  readonly connectS3: (access: S3Access) => Promise<S3Client>;
}

interface FoundArchiver {
  readonly pod: string;
  readonly answer: DatabaseAnswer;
}

/** What the leader's archiver says; undefined when there is no leader whose container runs. */
export async function archiverOf(
  { exec }: Pick<HarborClient, "exec">,
  pods: readonly DatabasePod[],
  signal: AbortSignal,
): Promise<FoundArchiver | undefined> {
  const leader = pods.find((pod) => podRole(pod) === "leader" && spiloRuns(pod));
  if (leader === undefined) return undefined;
  const answer = await gathered(readArchiver(exec, leader, signal), signal);
  return { pod: leader.metadata.name, answer: "found" in answer ? answer.found : { unknown: answer.failed } };
}

/** The database's backups and WAL in S3. */
export async function storeSections(
  { connectS3, archiver }: StoreConnection & { readonly archiver: DatabaseAnswer | undefined },
  harbor: ObjectName,
  variables: Parameters<typeof backupStore>[1],
  { endpointUrl }: Pick<TaskOf<"harbor status">, "endpointUrl">,
  surroundings: Surroundings,
): Promise<ReportOf<"harbor status">["sections"]> {
  const store = backupStore(harbor, variables);
  if (store === undefined) {
    const what = "their place is unknown: the StatefulSet names no bucket or no region";
    const unknown = findingsAt("StatefulSet").unknown("backup-place-unknown", what, "see the sections before");
    return [{ title: "backups", findings: [unknown] }];
  }
  const where = s3Url(store);
  const now = surroundings.now().getTime();
  const s3 = await connectS3({ region: store.region, endpoint: store.endpoint, endpointUrl });
  try {
    const bound = AbortSignal.any([surroundings.signal, AbortSignal.timeout(backupSeconds * 1000)]);
    const reader = new WalgListingReader(store.prefix);
    const backups = await gathered(
      listBackups(s3, store, reader, bound).then(() => reader.listing),
      surroundings.signal,
    );
    const judge = (found: WalgListing): Finding[] =>
      judgeBackups(where, found, now, variables.get("BACKUP_SCHEDULE")?.value);
    const sections = [{ title: "backups", findings: judged(backups, where, judge, "backups-unlisted") }];
    const newest = "found" in backups ? backups.found.backups.at(-1) : undefined;
    // Without a backup there is nothing that WAL could be added to.
    if (newest === undefined) return sections;
    const start = { timeline: newest.timeline, segment: newest.startSegment };
    const wal = await gathered(
      listWal(s3, store, start, reader, bound).then(() => reader.listing),
      surroundings.signal,
    );
    const judgeWal = (found: WalgListing): Finding[] =>
      judgeNewestWal(`${where}/${walgFolders.wal}`, found, archiver, now);
    return [...sections, { title: "WAL", findings: judged(wal, where, judgeWal, "backups-unlisted") }];
  } finally {
    s3.close();
  }
}

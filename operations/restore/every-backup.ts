import type { S3Access, S3Client } from "../../clients/aws/s3.ts";
import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { readWalgBackups } from "../../clients/pod/spilo.ts";
import { backupListReport } from "../../domain/backups/report.ts";
import { judgeEveryBackup, type GatheredPrefix, type PrefixContents } from "../../domain/backups/recoverability.ts";
import { judgeVerified, type AskedPods } from "../../domain/backups/verify.ts";
import { recoveryWindows } from "../../domain/backups/windows.ts";
import { gravest } from "../../domain/finding.ts";
import { podRole, spiloRuns } from "../../domain/harbor/objects.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { listedInTime } from "../backups/listing.ts";
import { placeOfBackups, type DatabaseEnvironment } from "../backups/place.ts";
import { earlierChecks, remember, type ProofKeys } from "../ledger/content-checks.ts";
import { archiverOf } from "../harbor/store-status.ts";
import { gathered } from "../gathered.ts";
import type { Surroundings } from "../surroundings.ts";
import { gatherPrefix } from "./every-source.ts";
import { boundedBy } from "../ends.ts";
import { readEveryBackup } from "./read.ts";

type DatabaseReader = Pick<HarborClient, "context" | "exec" | "getPostgresql" | "getStatefulSet" | "listPods">;

/** What is asked. */
export interface EveryBackupClients {
  /** Undefined when the request names the place: then Kubernetes is not asked. */
  readonly harbor: DatabaseReader | undefined;
  readonly connectS3: (access: S3Access) => Promise<S3Client>;
  /** Undefined where no proof is read or written. */
  readonly proofs?: ProofKeys | undefined;
}

/**
 * Lists every base backup of a place, and the moments to which each can be restored. Only reads.
 *
 * @throws RecoveryError when the place is not known, or cannot be listed.
 */
export async function listEveryBackup(
  clients: EveryBackupClients,
  request: TaskOf<"backup list">,
  surroundings: Surroundings,
): Promise<ReportOf<"backup list">> {
  return withPrefix(clients, request, surroundings, ({ prefix }) => {
    const backups = judgeEveryBackup(prefix);
    const now = surroundings.now();
    return Promise.resolve({
      ...head(clients, request),
      ...backupListReport(prefix, backups, recoveryWindows(backups), now.getTime()),
      checkedAt: now.toISOString(),
    });
  });
}

/**
 * Judges every base backup of a place and its WAL, and compares them with what the running database says. Only reads. On
 * request it downloads all of it, or what no earlier check has proven, reads it to the end, and remembers the result in the
 * ledger of proofs.
 *
 * What cannot be found out is a finding `unknown`, which is never taken for okay.
 *
 * @throws RecoveryError when the place is not known, or cannot be listed.
 */
export async function verifyEveryBackup(
  clients: EveryBackupClients,
  request: TaskOf<"backup verify">,
  surroundings: Surroundings,
): Promise<ReportOf<"backup verify">> {
  const { signal: stop } = surroundings;
  return withPrefix(clients, request, surroundings, async ({ access, s3, prefix: listed, database }) => {
    const listEnds = { bound: boundedBy(stop, request.timeLimit), stop };
    const started = surroundings.now().getTime();
    const earlier = await earlierChecks(s3, listed, request, clients.proofs, started, listEnds);
    const ends = { bound: boundedBy(stop, request.readTimeLimit), stop };
    const read = request.read ? await readEveryBackup(s3, listed, ends, surroundings, earlier.proven) : undefined;
    const prefix = read === undefined ? listed : { ...listed, contents: read.contents };
    const backups = judgeEveryBackup(prefix);
    const windows = recoveryWindows(backups);
    const pods = await askPods(clients.harbor, request, database, surroundings);
    const now = surroundings.now();
    const plan = pods ?? { schedule: request.schedule, retainDays: undefined, created: undefined };
    const judged = judgeVerified({ prefix, backups, windows, pods, plan, now: now.getTime() });
    const { signer } = clients.proofs ?? {};
    const check = read && {
      ...head(clients, request),
      prefix: { ...listed, contents: read.contents },
      backups,
      now: now.getTime(),
      read: read.report,
    };
    const proof =
      request.remember && check !== undefined && clients.proofs !== undefined && signer !== undefined
        ? await remember(s3, access, check, { ...clients.proofs, signer }, stop)
        : undefined;
    const findings = [
      ...judged,
      ...earlier.findings,
      ...(proof !== undefined && "finding" in proof ? [proof.finding] : []),
    ];
    return {
      ...head(clients, request),
      ...backupListReport(prefix, backups, windows, now.getTime()),
      verdict: gravest(findings),
      findings,
      read: read?.report ?? null,
      notReadAgain: request.reverifyAfter === undefined ? null : notReadAgain(read?.contents),
      remembered: proof !== undefined && "remembered" in proof ? proof.remembered : null,
      checkedAt: now.toISOString(),
    };
  });
}

function notReadAgain(contents: PrefixContents | undefined): { backups: number; segments: number } {
  const backups = [...(contents?.backups.values() ?? [])].filter(({ provenAt }) => provenAt !== undefined);
  const readings = [...(contents?.wal.values() ?? [])].flatMap((read) => [...read.values()]);
  return { backups: backups.length, segments: readings.filter(({ kind }) => kind === "proven").length };
}

function head({ harbor }: EveryBackupClients, { cluster }: Pick<TaskOf<"backup list">, "cluster">) {
  return { version: 1 as const, context: harbor?.context ?? null, cluster: formatObjectName(cluster) };
}

interface Found {
  readonly access: S3Access;
  readonly s3: S3Client;
  readonly prefix: GatheredPrefix;
  readonly database: DatabaseEnvironment;
}

async function withPrefix<T>(
  { harbor, connectS3 }: EveryBackupClients,
  request: TaskOf<"backup list">,
  surroundings: Surroundings,
  work: (found: Found) => Promise<T>,
): Promise<T> {
  const { timeLimit } = request;
  const { location, access, database } = await placeOfBackups(harbor, request);
  const s3 = await connectS3(access);
  try {
    const ends = { bound: boundedBy(surroundings.signal, timeLimit), stop: surroundings.signal };
    const gathering = gatherPrefix(s3, location, surroundings.now().getTime(), ends);
    const prefix = await listedInTime(gathering, ends, location.bucket, timeLimit);
    return await work({ access, s3, prefix, database });
  } finally {
    s3.close();
  }
}

/** What the running database says of its backups; undefined when the place was named. */
async function askPods(
  harbor: DatabaseReader | undefined,
  { cluster, schedule, store }: TaskOf<"backup verify">,
  database: DatabaseEnvironment,
  { signal }: Surroundings,
): Promise<AskedPods | undefined> {
  if (harbor === undefined || store !== undefined) return undefined;
  const [found, postgresql] = await Promise.all([
    gathered(harbor.listPods(cluster), signal),
    gathered(harbor.getPostgresql(cluster), signal),
  ]);
  const pods = "found" in found ? found.found : [];
  const leader = pods.find((pod) => podRole(pod) === "leader" && spiloRuns(pod));
  const archiver = await archiverOf(harbor, pods, signal);
  const retain = Number(database.get("BACKUP_NUM_TO_RETAIN")?.value);
  const plan = {
    schedule: schedule ?? database.get("BACKUP_SCHEDULE")?.value,
    retainDays: Number.isSafeInteger(retain) && retain > 0 ? retain : undefined,
    created:
      "found" in postgresql && postgresql.found !== undefined
        ? Date.parse(postgresql.found.metadata.creationTimestamp)
        : undefined,
  };
  if (leader === undefined) {
    const unread = "failed" in found ? found.failed : "no Pod is the leader and runs";
    return { ...plan, where: "Pods", list: { unread }, archiver: { unknown: unread } };
  }
  const list = await gathered(readWalgBackups(harbor.exec, leader, signal), signal);
  return {
    ...plan,
    where: `Pod ${cluster.namespace}/${leader.metadata.name}`,
    list: "found" in list ? list.found : { unread: list.failed },
    archiver: archiver?.answer,
  };
}

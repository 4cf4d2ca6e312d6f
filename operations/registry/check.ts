import { createHash } from "node:crypto";
import pLimit from "p-limit";
import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { S3Versions } from "../../clients/aws/s3-versions.ts";
import type { S3Client } from "../../clients/aws/s3.ts";
import { artifactsOf, namedBlobs, type HarborTables } from "../../clients/pod/harbor-tables.ts";
import { s3Url, type S3Location } from "../../domain/aws/s3-location.ts";
import { formatDuration } from "../../domain/duration.ts";
import { findingsAt, gravest, type Finding } from "../../domain/finding.ts";
import { podRole, type DatabasePod } from "../../domain/harbor/objects.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import { blobKey, blobsPrefix, digestOfKey, type NamedBlob, type StoredBlob } from "../../domain/registry/blobs.ts";
import { listedBlobs, type BrokenBlob } from "../../domain/registry/check.ts";
import { Comparison, type Counted, type Difference } from "../../domain/registry/comparison.ts";
import { BrokenCounts, judgeRegistry, wayBack } from "../../domain/registry/findings.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { readabilityOf, type ListedObject } from "../../domain/walg/storage.ts";
import { gathered } from "../gathered.ts";
import type { Surroundings } from "../surroundings.ts";

/** What is asked. */
export interface RegistryClients {
  readonly harbor: Pick<HarborClient, "context" | "exec" | "listPods">;
  readonly s3: S3Client;
  readonly versions: S3Versions;
}

/** Contents that are downloaded at the same time. */
const downloadsAtOnce = 8;
/** Requests for versions at the same time. */
const versionsAtOnce = 8;

/**
 * Compares the blobs that Harbor's database names with those in the registry's bucket. It only reads: the database in the
 * leader's Pod, and a listing of the bucket, side by side, in the same order, so that neither is ever kept as a whole.
 *
 * What could not be read is a finding `unknown`, and then nothing is said to be there or missing.
 *
 * @throws RecoveryError when there is no leader to ask, or when it is stopped.
 */
export async function checkRegistry(
  clients: RegistryClients,
  request: TaskOf<"registry check">,
  surroundings: Surroundings,
): Promise<ReportOf<"registry check">> {
  const { cluster, root, bucket } = request;
  const place = { bucket, prefix: blobsPrefix(root).replace(/\/$/, "") };
  const bound = AbortSignal.any([surroundings.signal, AbortSignal.timeout(request.timeLimit * 1000)]);
  const { exec } = clients.harbor;
  const { database, timeLimit: seconds } = request;
  const compared = await gathered(
    leaderOf(clients.harbor, cluster).then((leader) =>
      compare(clients.s3, { exec, leader, database, seconds, signal: bound }, place, request),
    ),
    surroundings.signal,
  );
  const about = {
    version: 1,
    context: clients.harbor.context,
    cluster: formatObjectName(cluster),
    place: s3Url(place),
  } as const;
  if ("failed" in compared) {
    const why = bound.aborted ? `not read within ${formatDuration(request.timeLimit)}` : compared.failed;
    const finding = findingsAt(about.place).unknown("registry-unread", why, "correct that, then check again");
    return { ...about, ...verdictOf([finding]), counted: null, blobs: [], checkedAt: surroundings.now().toISOString() };
  }
  const { broken, counted, listed, tables } = compared.found;
  const findings = judgeRegistry(place, counted, broken);
  const { blobs, unread } = await described(clients.versions, tables, request, listed, bound, surroundings.signal);
  return {
    ...about,
    ...verdictOf([...findings, ...unread]),
    counted: {
      ...counted,
      missing: broken.of("missing"),
      different: broken.of("size"),
      damaged: request.digests ? broken.of("content") : null,
      archived: broken.of("archived"),
    },
    blobs,
    checkedAt: surroundings.now().toISOString(),
  };
}

function verdictOf(findings: Finding[]): Pick<ReportOf<"registry check">, "verdict" | "findings"> {
  return { verdict: gravest(findings), findings };
}

async function leaderOf(harbor: RegistryClients["harbor"], cluster: ObjectName): Promise<DatabasePod> {
  const leader = (await harbor.listPods(cluster)).find((pod) => podRole(pod) === "leader");
  if (leader === undefined) throw new Error("no Pod of the database is the leader");
  return leader;
}

interface Compared {
  readonly tables: HarborTables;
  readonly counted: Counted;
  readonly broken: BrokenCounts;
  /** The first differences. */
  readonly listed: readonly Difference[];
}

async function compare(
  s3: S3Client,
  tables: HarborTables,
  { bucket, prefix }: S3Location,
  { digests, root }: Pick<TaskOf<"registry check">, "digests" | "root">,
): Promise<Compared> {
  const broken = new BrokenCounts();
  const listed: Difference[] = [];
  const note = (difference: Difference): void => {
    broken.add(difference);
    if (listed.length < listedBlobs) listed.push(difference);
  };
  /** Of one page of the listing. */
  let whole: Matched[] = [];
  const stop = new AbortController();
  const query = namedBlobs({ ...tables, signal: AbortSignal.any([tables.signal, stop.signal]) });
  const comparison = new Comparison(query, note, (blob, stored) => {
    if (digests) whole.push({ blob, stored });
  });
  comparison.begin();
  try {
    await s3.list({ bucket, prefix: `${prefix}/` }, tables.signal, async (page) => {
      await comparison.take(storedIn(page, root));
      for (const one of await damagedAmong(s3, { bucket, root }, whole, tables.signal))
        note({ kind: "content", ...one });
      whole = [];
      return undefined;
    });
    await comparison.end();
  } finally {
    // A listing that has failed must not leave the query running in the database.
    stop.abort();
  }
  return { tables, counted: comparison.counted, broken, listed };
}

interface Matched {
  readonly blob: NamedBlob;
  readonly stored: StoredBlob;
}

/** Those whose content has another digest. A few are downloaded at the same time, and none is kept. */
async function damagedAmong(
  s3: S3Client,
  { bucket, root }: { readonly bucket: string; readonly root: string },
  blobs: readonly Matched[],
  signal: AbortSignal,
): Promise<Matched[]> {
  const damaged = await pLimit(downloadsAtOnce).map(blobs, async (one) => {
    const [algorithm = ""] = one.blob.digest.split(":");
    const hash = createHash(algorithm);
    const object = { bucket, key: blobKey(root, one.blob.digest) ?? "" };
    for await (const chunk of s3.read(object, signal)) hash.update(chunk);
    return `${algorithm}:${hash.digest("hex")}` === one.blob.digest ? [] : [one];
  });
  return damaged.flat();
}

function storedIn(page: readonly ListedObject[], root: string): StoredBlob[] {
  return page.flatMap((object) => {
    const digest = digestOfKey(root, object.key);
    if (digest === undefined) return [];
    return [{ digest, size: object.size, isArchived: readabilityOf(object) === "archived" }];
  });
}

/** The differences with the artifacts that need the blobs, and with the versions from which they can be had back. */
async function described(
  versions: S3Versions,
  tables: HarborTables,
  { bucket, root }: TaskOf<"registry check">,
  differences: readonly Difference[],
  bound: AbortSignal,
  stop: AbortSignal,
): Promise<{ readonly blobs: BrokenBlob[]; readonly unread: Finding[] }> {
  const digests = differences.map(({ blob }) => blob.digest).filter((digest) => blobKey(root, digest) !== undefined);
  const artifacts = await gathered(artifactsOf(tables, digests), stop);
  const unread = "failed" in artifacts ? [unreadAbout("artifacts", artifacts.failed)] : [];
  const blobs: BrokenBlob[] = [];
  for (let first = 0; first < differences.length; first += versionsAtOnce) {
    const some = differences.slice(first, first + versionsAtOnce).map(async ({ blob, kind }): Promise<BrokenBlob> => {
      const key = blobKey(root, blob.digest) ?? null;
      const kept = key === null ? { found: [] } : await gathered(versions.versions({ bucket, key }, bound), stop);
      if ("failed" in kept && unread.length < 2) unread.push(unreadAbout("versions", kept.failed));
      const size = blob.size ?? null;
      return {
        digest: blob.digest,
        problem: kind,
        size,
        neededBy: blob.neededBy,
        artifacts: ("found" in artifacts ? artifacts.found.get(blob.digest) : undefined) ?? [],
        key,
        // What is there now is the damaged content.
        ...wayBack("found" in kept ? kept.found.slice(kind === "content" ? 1 : 0) : [], size),
      };
    });
    blobs.push(...(await Promise.all(some)));
  }
  return { blobs, unread };
}

function unreadAbout(what: "artifacts" | "versions", why: string): Finding {
  const at = findingsAt(what === "artifacts" ? "artifacts of the blobs" : "versions of the blobs");
  return at.unknown("registry-details-unread", why, "correct that, then check again");
}

import { PassThrough } from "node:stream";
import { createInterface } from "node:readline";
import { z } from "zod";
import { RecoveryError } from "../../domain/errors.ts";
import { spiloContainer, type DatabasePod } from "../../domain/harbor/objects.ts";
import { containerOf } from "../../domain/kubernetes/container.ts";
import { namedBlobsQuery, readNamedBlob, type NamedBlob } from "../../domain/registry/blobs.ts";
import type { BrokenBlob } from "../../domain/registry/check.ts";
import type { Exec, ExecResult } from "../kubernetes/exec.ts";

/** Harbor's own tables, asked in the Pod of the leader. */
export interface HarborTables {
  readonly exec: Exec;
  readonly leader: DatabasePod;
  /** Name of the database. */
  readonly database: string;
  /** Seconds for one answer. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Runs the script of `$2` as the superuser in the database `$1`; `$4` is the variable `list`. */
const script = `
printf '%s' "$2" | timeout -k 5 "$3" psql -XAtq -v ON_ERROR_STOP=1 -v "list=$4" -U "\${PGUSER_SUPERUSER:-postgres}" -d "$1"`;

/** As much of an answer is received before somebody takes it: about 12,000 blobs. */
const bytesAhead = 1024 * 1024;

/**
 * Every blob that the database names, ordered by digest. They are read as they are taken, so that they never pile up.
 *
 * @throws RecoveryError when not all could be read: it ends the iteration, which then says nothing of what is left.
 */
export async function* namedBlobs(tables: HarborTables): AsyncGenerator<NamedBlob> {
  const stdout = new PassThrough({ highWaterMark: bytesAhead });
  const stop = new AbortController();
  const signal = AbortSignal.any([tables.signal, stop.signal]);
  const running = ask({ ...tables, signal }, `copy (${namedBlobsQuery}) to stdout;`, "", stdout);
  // An end without success is thrown below. It must also end the iteration, which waits for lines.
  running.catch((error: unknown) => {
    stdout.destroy(error instanceof Error ? error : undefined);
  });
  const lines = createInterface({ input: stdout, crlfDelay: Infinity });
  // An error that comes when nobody reads any more would end the process.
  for (const source of [stdout, lines]) source.on("error", () => undefined);
  try {
    for await (const line of lines) yield readNamedBlob(line);
    await running;
  } catch (error) {
    stop.abort(error);
    await running;
    throw error;
  } finally {
    // Whoever takes no more must not keep the query running.
    stop.abort();
  }
}

const artifactSchema = z.object({
  blob: z.string(),
  project: z.string(),
  repository: z.string(),
  digest: z.string(),
  tags: z.array(z.string()),
});

/** As one JSON object a line: which artifacts need the blobs of the variable `list`. */
const artifactsQuery = `
select json_build_object('blob', f.blob, 'project', p.name, 'repository', a.repository_name, 'digest', a.digest,
  'tags', coalesce((select json_agg(t.name order by t.name) from tag t where t.artifact_id = a.id), '[]'::json))
from (
  select digest_blob as blob, digest_af as artifact from artifact_blob where digest_blob = any (string_to_array(:'list', ','))
  union select digest, digest from artifact where digest = any (string_to_array(:'list', ','))
) f
join artifact a on a.digest = f.artifact
join project p on p.project_id = a.project_id and not p.deleted
order by a.repository_name, a.digest;`;

/** As many digests as fit into the address of one request. */
const digestsAtOnce = 40;

/** The artifacts that need each of these blobs, by the blob's digest. */
export async function artifactsOf(
  tables: HarborTables,
  digests: readonly string[],
): Promise<Map<string, BrokenBlob["artifacts"]>> {
  const found = new Map<string, BrokenBlob["artifacts"]>();
  for (let first = 0; first < digests.length; first += digestsAtOnce) {
    const answer = await ask(tables, artifactsQuery, digests.slice(first, first + digestsAtOnce).join(","));
    for (const line of answer.split("\n").filter((text) => text !== "")) {
      const { blob, ...artifact } = artifactSchema.parse(JSON.parse(line));
      found.set(blob, [...(found.get(blob) ?? []), artifact]);
    }
  }
  return found;
}

async function ask(
  { database, exec, leader, seconds, signal }: HarborTables,
  query: string,
  list: string,
  stdout?: PassThrough,
): Promise<string> {
  const argv = ["sh", "-c", script, "sh", database, query, String(seconds), list];
  const result = await exec(containerOf(leader.metadata, spiloContainer), argv, {
    deadlineSeconds: seconds + 15,
    signal,
    ...(stdout !== undefined && { stdout }),
  });
  if (result.end === "exited" && result.code === 0) return result.stdout;
  throw new RecoveryError(
    "postgres-not-answering",
    `the database ${database} in ${leader.metadata.namespace}/${leader.metadata.name} did not answer: ${problem(result)}`,
    { next: "check that it is Harbor's, of Harbor 2.1 or newer" },
  );
}

function problem(result: ExecResult): string {
  if (result.end !== "exited") return result.message;
  return result.stderr.trim().split("\n", 1)[0] ?? "";
}

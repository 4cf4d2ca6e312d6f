import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { RequestError } from "../../clients/kubernetes/request-error.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { generationAnnotation, postgresqlName } from "../../domain/harbor/names.ts";
import { differencesFrom, type Postgresql } from "../../domain/harbor/objects.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { checkPgHba, droppedLines, isInPlace } from "../../domain/harbor/pg-hba.ts";
import { replacedListsAfter } from "../../domain/harbor/pg-hba-fingerprint.ts";
import { orElse } from "../../domain/similar.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";
import { livePgHba } from "./live-pg-hba.ts";
import { similarHarbor } from "./similar-harbor.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";

const pauseSeconds = 2;
/** How often the list is written when somebody else keeps writing another one. */
const mostWrites = 5;

type ResourceReader = Pick<HarborClient, "getHarborCluster" | "getPostgresql" | "listHarborClusters">;
type PgHbaWriter = ResourceReader & Pick<HarborClient, "applyPgHba" | "context">;

/**
 * Writes the whole pg_hba list to the `postgresql` resource of a HarborCluster, unless it is there already. It first waits
 * until the Harbor operator has created the resource. Running it again is safe, and restores a list that was reverted. The
 * database uses the list only in new Pods: see {@link rollPods}.
 *
 * @throws RecoveryError `usage` for a list that would lock somebody out; `failed` when the resource was not created in time
 * or is not as declared, or when the list was overwritten again and again.
 */
export async function applyPgHba(
  client: PgHbaWriter,
  request: TaskOf<"harbor pg-hba">,
  surroundings: Surroundings,
): Promise<ReportOf<"harbor pg-hba">> {
  const harbor = request.cluster;
  requireSound(request.pgHba);
  const dropped = new Set<string>();
  /** The same for all writes of this run, because the stack's fingerprint counts on it. */
  let replacedLists: number | undefined;
  for (let writes = 0; ; writes += 1) {
    const found = await madeResource(client, harbor, request.timeLimit, surroundings);
    requireAsDeclared(harbor, differencesFrom(request, await client.getHarborCluster(harbor), found));
    const { pg_hba: current } = found.spec.patroni;
    if (isInPlace(current, request.pgHba)) {
      return report(client, harbor, found, {
        outcome: writes === 0 ? "already-in-place" : "applied",
        dropped: [...dropped],
        now: surroundings.now(),
      });
    }
    if (writes === mostWrites) {
      throw new RecoveryError(
        "pg-hba-contested",
        `${formatObjectName(harbor)}: pg_hba was written ${writes} times, and was different again each time`,
        {
          next: `see who writes it: kubectl -n ${harbor.namespace} get postgresql ${postgresqlName(harbor)} -o yaml --show-managed-fields`,
        },
      );
    }
    if (writes > 0) await surroundings.sleep(pauseSeconds);
    for (const line of droppedLines(current, request.pgHba)) {
      if (!dropped.has(line)) surroundings.progress(`not in the list, so removed: ${line}`);
      dropped.add(line);
    }
    surroundings.progress(`writing ${request.pgHba.length} lines of pg_hba to ${where(harbor)}`);
    replacedLists ??= replacedListsAfter(livePgHba(harbor, found), request.pgHba);
    const written = { list: request.pgHba, replacedLists };
    // The next round reads it again: the answer to a write does not show who writes next.
    await unlessConflict(() => client.applyPgHba(found, written));
  }
}

/** Checked before the write: the database does not start without pg_hba, and with a wrong image it would restore wrongly. */
function requireAsDeclared(harbor: ObjectName, differences: readonly string[]): void {
  if (differences.length === 0) return;
  throw new RecoveryError(
    "harbor-not-as-declared",
    `${formatObjectName(harbor)} is not as declared:\n${differences.map((line) => `  ${line}`).join("\n")}`,
    { next: "correct it, then run again; pg_hba was not written" },
  );
}

function requireSound(list: readonly string[]): void {
  const refused = checkPgHba(list).filter(({ severity }) => severity === "refuse");
  if (refused.length === 0) return;
  throw new RecoveryError(
    "pg-hba-refused",
    `this pg_hba would lock out users that the cluster needs:\n${refused.map(({ what, fix }) => `  ${what}: ${fix}`).join("\n")}`,
    { next: "correct the list; nothing has been done" },
  );
}

/** Waits until the Harbor operator has created the `postgresql` resource. */
export async function madeResource(
  client: ResourceReader,
  harbor: ObjectName,
  timeLimit: Duration,
  surroundings: Surroundings,
): Promise<Postgresql> {
  const wait = new Wait({ limit: timeLimit, pauses: [pauseSeconds] }, surroundings);
  do {
    const found = await client.getPostgresql(harbor);
    if (found !== undefined) return found;
  } while (await wait.pause(`waiting for the Harbor operator to create ${where(harbor)}`));
  const problem = `${where(harbor)} was not created within ${formatDuration(timeLimit)}`;
  if ((await client.getHarborCluster(harbor)) === undefined) {
    throw new RecoveryError(
      "postgresql-not-made",
      `${problem}: there is no HarborCluster ${formatObjectName(harbor)}`,
      { next: orElse(await similarHarbor(client, harbor), "create the HarborCluster, then run again") },
    );
  }
  throw new RecoveryError("postgresql-not-made", problem, {
    next: "check that the Harbor operator runs, and see its log and the HarborCluster's status; then run this again to continue",
  });
}

/** Ignores that the resource was deleted or recreated in the meantime: the next round reads the new one. */
async function unlessConflict(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof RequestError) || (error.httpStatus !== 409 && error.httpStatus !== 404)) throw error;
  }
}

function where(harbor: ObjectName): string {
  return `postgresql ${harbor.namespace}/${postgresqlName(harbor)}`;
}

function report(
  client: Pick<HarborClient, "context">,
  harbor: ObjectName,
  { metadata, spec }: Postgresql,
  { outcome, dropped, now }: Pick<ReportOf<"harbor pg-hba">, "outcome" | "dropped"> & { readonly now: Date },
): ReportOf<"harbor pg-hba"> {
  return {
    version: 1,
    context: client.context,
    cluster: formatObjectName(harbor),
    outcome,
    uid: metadata.uid,
    generation: metadata.annotations[generationAnnotation(harbor)] ?? null,
    pgHba: spec.patroni.pg_hba,
    dropped,
    finishedAt: now.toISOString(),
  };
}

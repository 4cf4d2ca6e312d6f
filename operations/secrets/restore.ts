import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { SecretsManager } from "../../clients/aws/secrets-manager.ts";
import type { ClusterIdentity } from "../../domain/secrets/cluster-identity.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import {
  contentProblem,
  parseStored,
  restoredSecret,
  sameContent,
  type SecretCopy,
} from "../../domain/secrets/copy.ts";
import { clusterLabel, currentLabel } from "../../domain/secrets/copy-labels.ts";
import { copyFolder, copyName, type CopyOwner } from "../../domain/secrets/copy-place.ts";
import type { SecretsRestoreReport } from "../../domain/secrets/request.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";
import { chooseCopies } from "./copy-source.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";

/** A secret whose copy can be restored. */
interface Ready {
  readonly name: string;
  readonly copy: string;
  readonly content: SecretCopy;
  readonly isThere: boolean;
}

type DatabaseObjects = Pick<HarborClient, "getHarborCluster" | "getPostgresql" | "hasService">;

interface Problem {
  readonly name: string;
  readonly problem: string;
}

/** A copy that cannot be read before its deletion is cancelled. */
interface Unreadable {
  readonly name: string;
  readonly scheduledForDeletion: string;
}

/**
 * Creates a Harbor's Secrets from the kept copies, before the HarborCluster is created: both operators then use them as
 * their own. An existing Secret is never changed: if its content differs, a running database may depend on it. Either all
 * Secrets can be restored, or none is created.
 *
 * The deletion of a copy is cancelled only once nothing else speaks against the restore.
 *
 * @param uid UID of the lost `postgresql` resource; undefined for the newest copies of this Kubernetes cluster.
 * @param wait seconds until the Zalando operator must have deleted the lost database.
 * @throws RecoveryError `failed` that lists every secret that cannot be restored, or the candidates when only other
 * Kubernetes clusters have copies.
 */
export async function restoreSecrets(
  kubernetes: DatabaseObjects & Pick<HarborClient, "createSecret" | "getKubernetesUid" | "getSecret">,
  aws: SecretsManager,
  harbor: ObjectName,
  names: readonly string[],
  { uid, wait }: { readonly uid: string | undefined; readonly wait: Duration },
  surroundings: Surroundings,
): Promise<SecretsRestoreReport> {
  await lostDatabaseDeleted(kubernetes, harbor, wait, surroundings);
  const own: CopyOwner = { kubernetes: await kubernetes.getKubernetesUid(), harbor };
  const owner = await chooseCopies(aws, own, names, uid);
  if (owner !== own) surroundings.progress(`restoring from ${copyFolder(owner)}…`);
  const ready = await readyCopies(kubernetes, aws, owner, names, uid === undefined ? currentLabel : clusterLabel(uid));
  const cluster = oneCluster(harbor, ready);
  for (const { content, isThere, name } of ready) {
    if (isThere) continue;
    const secret = restoredSecret(harbor, content);
    await kubernetes.createSecret(secret);
    // An operator may have created it at the same moment.
    const live = await kubernetes.getSecret({ namespace: harbor.namespace, name });
    if (live === undefined || !sameContent(live, secret))
      throw refusal(harbor, [{ name, problem: "something else has just created it with different content" }]);
    surroundings.progress(`${harbor.namespace}/${name}: restored`);
  }
  return {
    version: 1,
    cluster,
    secrets: ready.map(({ name, copy, isThere }) => ({ name, copy, outcome: isThere ? "unchanged" : "created" })),
  };
}

/**
 * Waits for the Zalando operator to finish deleting the lost database. It deletes Secrets by their names, after it has
 * waited for the Pods to end, and the Service after that (`Cluster.Delete`, v1.13.0).
 */
async function lostDatabaseDeleted(
  kubernetes: DatabaseObjects,
  harbor: ObjectName,
  limit: Duration,
  surroundings: Surroundings,
): Promise<void> {
  const wait = new Wait({ limit, pauses: [2] }, surroundings);
  let left: string | undefined;
  do {
    left = await leftOfLostDatabase(kubernetes, harbor);
    if (left === undefined) return;
  } while (await wait.pause("waiting for the Zalando operator to finish deleting the lost database"));
  throw new RecoveryError(
    "lost-database-not-deleted",
    `${formatObjectName(harbor)}: the ${left} of the lost database is still there after ${formatDuration(limit)}. The Zalando operator would delete restored Secrets together with it`,
    {
      next: `see the Zalando operator's log; if it does nothing any more: kubectl -n ${harbor.namespace} delete ${left}`,
    },
  );
}

/** The last object that the Zalando operator deletes, as kubectl names it; undefined if the database is gone or in use. */
async function leftOfLostDatabase(kubernetes: DatabaseObjects, harbor: ObjectName): Promise<string | undefined> {
  const [owner, database, hasService] = await Promise.all([
    unlessNotInstalled(kubernetes.getHarborCluster(harbor)),
    unlessNotInstalled(kubernetes.getPostgresql(harbor)),
    kubernetes.hasService(harbor),
  ]);
  const name = postgresqlName(harbor);
  // Without its HarborCluster, Kubernetes deletes the resource within a minute.
  if (database !== undefined) return owner === undefined ? `postgresql ${name}` : undefined;
  return hasService ? `service ${name}` : undefined;
}

/** In a new Kubernetes cluster, the Secrets may be restored before the operators are installed. */
async function unlessNotInstalled<T>(read: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof RecoveryError && error.code === "kubernetes-resource-unknown") return undefined;
    throw error;
  }
}

/** All copies, in the order of `names`; throws unless every one of them can be restored. */
async function readyCopies(
  kubernetes: Pick<HarborClient, "getSecret">,
  aws: SecretsManager,
  owner: CopyOwner,
  names: readonly string[],
  label: string,
): Promise<Ready[]> {
  const looked = await Promise.all(names.map((name) => look(kubernetes, aws, owner, name, label)));
  const found = refusingProblems(owner.harbor, looked);
  const unreadable = found.filter((one) => "scheduledForDeletion" in one);
  for (const { scheduledForDeletion } of unreadable) await aws.cancelDeletion(scheduledForDeletion);
  const recovered = await Promise.all(unreadable.map(({ name }) => look(kubernetes, aws, owner, name, label)));
  const all = refusingProblems(owner.harbor, [...found.filter((one) => "content" in one), ...recovered]);
  return all.filter((one) => "content" in one).toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

async function look(
  kubernetes: Pick<HarborClient, "getSecret">,
  aws: SecretsManager,
  owner: CopyOwner,
  name: string,
  label: string,
): Promise<Ready | Unreadable | Problem> {
  const copy = copyName(owner, name);
  const [live, kept] = await Promise.all([
    kubernetes.getSecret({ namespace: owner.harbor.namespace, name }),
    aws.find(copy),
  ]);
  if (kept?.labels.includes(label) !== true)
    return { name, problem: `AWS Secrets Manager has no ${copy} with the label ${label}` };
  if (kept.isScheduledForDeletion) return { name, scheduledForDeletion: copy };
  const stored = parseStored((await aws.read(copy, label)) ?? "");
  if (stored.found !== "copy") return { name, problem: `${copy} is not a copy of a Kubernetes Secret` };
  const problem = contentProblem(owner.harbor, name, stored.copy.secret);
  if (problem !== undefined) return { name, problem: `${copy}: ${problem}` };
  if (live !== undefined && !sameContent(live, stored.copy.secret)) {
    return {
      name,
      problem: "the Secret exists with different content. It was not changed, because something may be using it",
    };
  }
  return { name, copy, content: stored.copy, isThere: live !== undefined };
}

function refusingProblems<Found extends object>(harbor: ObjectName, looked: readonly (Found | Problem)[]): Found[] {
  const problems = looked.filter((one): one is Problem => "problem" in one);
  if (problems.length > 0) throw refusal(harbor, problems);
  return looked.filter((one): one is Found => !("problem" in one));
}

/** The newest copies may come from different databases, if one of them was kept only in part. */
function oneCluster(harbor: ObjectName, ready: readonly Ready[]): ClusterIdentity {
  const clusters = new Map(ready.map(({ content }) => [content.cluster.uid, content.cluster]));
  const [cluster, ...others] = clusters.values();
  if (cluster !== undefined && others.length === 0) return cluster;
  const lines = ready.map(
    ({ name, content }) => `  ${name}: of ${content.cluster.uid}, ${content.cluster.backups ?? "backups unknown"}`,
  );
  throw new RecoveryError(
    "secret-copies-mixed",
    `${formatObjectName(harbor)}: the copies belong to different databases:\n${lines.join("\n")}`,
    { next: "name the one you want with --uid" },
  );
}

function refusal(harbor: ObjectName, problems: readonly Problem[]): RecoveryError {
  const lines = problems.map(({ name, problem }) => `  ${name}: ${problem}`);
  return new RecoveryError(
    "secrets-not-restorable",
    `${formatObjectName(harbor)}: the secrets cannot be restored:\n${lines.join("\n")}`,
    { next: "restore before the HarborCluster is created; delete a Secret by hand if nothing uses it any more" },
  );
}

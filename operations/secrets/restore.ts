import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { SecretsManager } from "../../clients/aws/secrets-manager.ts";
import type { ClusterIdentity } from "../../domain/secrets/cluster-identity.ts";
import { RecoveryError } from "../../domain/errors.ts";
import {
  clusterLabel,
  contentProblem,
  copyName,
  currentLabel,
  parseStored,
  restoredSecret,
  sameContent,
  type SecretCopy,
} from "../../domain/secrets/copy.ts";
import type { SecretsRestoreReport } from "../../domain/secrets/request.ts";
import type { Surroundings } from "../surroundings.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";

/** A secret whose copy can be restored. */
interface Ready {
  readonly name: string;
  readonly copy: string;
  readonly content: SecretCopy;
  readonly isThere: boolean;
}

type Looked = Ready | { readonly name: string; readonly problem: string };

/**
 * Creates a Harbor's Secrets from the kept copies, before the HarborCluster is created: both operators then use them as
 * their own. An existing Secret is never changed: if its content differs, a running database may depend on it. Either all
 * Secrets can be restored, or nothing is done.
 *
 * @param uid UID of the lost `postgresql` resource; undefined for the newest copies.
 * @throws RecoveryError `failed` that lists every secret that cannot be restored.
 */
export async function restoreSecrets(
  kubernetes: Pick<HarborClient, "createSecret" | "getSecret">,
  aws: SecretsManager,
  harbor: ObjectName,
  names: readonly string[],
  uid: string | undefined,
  surroundings: Surroundings,
): Promise<SecretsRestoreReport> {
  const label = uid === undefined ? currentLabel : clusterLabel(uid);
  const looked = await Promise.all(names.map((name) => look(kubernetes, aws, harbor, name, label)));
  const problems = looked.flatMap((one) => ("problem" in one ? [`  ${one.name}: ${one.problem}`] : []));
  if (problems.length > 0) throw refusal(harbor, problems);
  const ready = looked.filter((one): one is Ready => !("problem" in one));
  const cluster = oneCluster(harbor, ready);
  for (const { content, isThere, name } of ready) {
    if (isThere) continue;
    const secret = restoredSecret(harbor, content);
    await kubernetes.createSecret(secret);
    // An operator may have created it at the same moment.
    const live = await kubernetes.getSecret({ namespace: harbor.namespace, name });
    if (live === undefined || !sameContent(live, secret))
      throw refusal(harbor, [`  ${name}: something else has just created it with different content`]);
    surroundings.progress(`${harbor.namespace}/${name}: restored`);
  }
  return {
    version: 1,
    cluster,
    secrets: ready.map(({ name, copy, isThere }) => ({ name, copy, outcome: isThere ? "unchanged" : "created" })),
  };
}

async function look(
  kubernetes: Pick<HarborClient, "getSecret">,
  aws: SecretsManager,
  harbor: ObjectName,
  name: string,
  label: string,
): Promise<Looked> {
  const copy = copyName(harbor, name);
  const [live, text] = await Promise.all([
    kubernetes.getSecret({ namespace: harbor.namespace, name }),
    aws.read(copy, label),
  ]);
  if (text === undefined) return { name, problem: `AWS Secrets Manager has no ${copy} with the label ${label}` };
  const stored = parseStored(text);
  if (stored.found !== "copy") return { name, problem: `${copy} is not a copy of a Kubernetes Secret` };
  const problem = contentProblem(harbor, name, stored.copy.secret);
  if (problem !== undefined) return { name, problem: `${copy}: ${problem}` };
  if (live !== undefined && !sameContent(live, stored.copy.secret)) {
    return {
      name,
      problem: "the Secret exists with different content. It was not changed, because something may be using it",
    };
  }
  return { name, copy, content: stored.copy, isThere: live !== undefined };
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

function refusal(harbor: ObjectName, problems: readonly string[]): RecoveryError {
  return new RecoveryError(
    "secrets-not-restorable",
    `${formatObjectName(harbor)}: the secrets cannot be restored:\n${problems.join("\n")}`,
    { next: "restore before the HarborCluster is created; delete a Secret by hand if nothing uses it any more" },
  );
}

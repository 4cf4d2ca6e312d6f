import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { SecretsManager } from "../../clients/aws/secrets-manager.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import { decideCopy, parseStored, type CopyDecision, type SecretCopy, type Stored } from "../../domain/secrets/copy.ts";
import { clusterLabel, currentLabel, surplusLabels } from "../../domain/secrets/copy-labels.ts";
import { copyName, type CopyOwner } from "../../domain/secrets/copy-place.ts";
import type { ClusterIdentity } from "../../domain/secrets/cluster-identity.ts";
import type { KeepReport } from "../../domain/secrets/request.ts";
import { orElse } from "../../domain/similar.ts";
import { similarHarbor } from "../harbor/similar-harbor.ts";
import type { Surroundings } from "../surroundings.ts";
import { readIdentity, type IdentityReader } from "./identity.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";

/**
 * Copies the secrets of a Harbor into AWS Secrets Manager. A secret gets a new version if its content, or its database,
 * differs from the current copy. A missing or malformed Secret in Kubernetes never replaces a good copy. The newest version
 * of each database has its own label, so that a new cluster of the same name does not push it out.
 *
 * @throws RecoveryError `failed` that lists every secret that could not be kept; the others are kept.
 */
export async function keepSecrets(
  kubernetes: IdentityReader & Pick<HarborClient, "getKubernetesUid" | "getSecret" | "listHarborClusters">,
  aws: SecretsManager,
  harbor: ObjectName,
  names: readonly string[],
  surroundings: Surroundings,
): Promise<KeepReport> {
  const [owner, identity] = await Promise.all([
    kubernetes.getKubernetesUid().then((uid): CopyOwner => ({ kubernetes: uid, harbor })),
    readIdentity(kubernetes, harbor),
  ]);
  const secrets = await Promise.all(
    names.map(async (name) => {
      const [live, { exists, stored }] = await Promise.all([
        kubernetes.getSecret({ namespace: harbor.namespace, name }),
        storedCopy(aws, owner, name, identity),
      ]);
      return { name, copy: copyName(owner, name), exists, decision: decideCopy(harbor, name, live, identity, stored) };
    }),
  );
  for (const { copy, decision, exists, name } of secrets) {
    if (decision.action !== "keep") continue;
    // A secret that is missing has no versions; writing to it then says who creates it.
    if (exists) await makeRoom(aws, copy, clusterLabel(decision.copy.cluster.uid), surroundings);
    await keep(aws, copy, decision.copy);
    surroundings.progress(`${copy}: kept, ${decision.why}`);
    if (decision.why === "moved")
      surroundings.progress(
        `${formerName(harbor, name)}: no longer used; it was not changed, and can still be restored`,
      );
  }
  const refused = secrets.flatMap(({ name, decision }) =>
    decision.action === "refuse" ? [`  ${name}: ${decision.problem}`] : [],
  );
  const suggestion = identity === undefined ? await similarHarbor(kubernetes, harbor) : undefined;
  if (refused.length > 0) {
    const next = "check whether the operators have created the Secrets; correct what is wrong in them, then run again";
    throw new RecoveryError(
      "secrets-not-kept",
      `${formatObjectName(harbor)}: not kept in AWS Secrets Manager:\n${refused.join("\n")}`,
      { next: orElse(suggestion, next) },
    );
  }
  if (identity === undefined) {
    throw new RecoveryError(
      "postgresql-not-made",
      `there is no postgresql ${harbor.namespace}/${postgresqlName(harbor)}`,
      { next: orElse(suggestion, "wait until the Harbor operator has created it") },
    );
  }
  return {
    version: 1,
    cluster: identity,
    secrets: secrets.map(({ name, copy, decision }) => ({ name, copy, outcome: outcomeOf(decision) })),
  };
}

/** The current copy, or else a copy of the same database under its former name; and whether the secret exists in AWS. */
async function storedCopy(
  aws: SecretsManager,
  owner: CopyOwner,
  name: string,
  identity: ClusterIdentity | undefined,
): Promise<{ readonly exists: boolean; readonly stored: Stored }> {
  const copy = copyName(owner, name);
  const kept = await aws.find(copy);
  if (kept?.isScheduledForDeletion === true) await aws.cancelDeletion(copy);
  const text = kept?.labels.includes(currentLabel) === true ? await aws.read(copy, currentLabel) : undefined;
  const exists = kept !== undefined;
  if (text !== undefined) return { exists, stored: parseStored(text) };
  const former = identity && (await formerCopy(aws, formerName(owner.harbor, name), identity));
  return { exists, stored: former ?? { found: "nothing" } };
}

/** Only a copy of this database: another Kubernetes cluster may have written the others. */
async function formerCopy(aws: SecretsManager, name: string, { uid }: ClusterIdentity): Promise<Stored | undefined> {
  const former = await aws.find(name);
  if (former === undefined || former.isScheduledForDeletion) return undefined;
  const stored = parseStored((await aws.read(name, clusterLabel(uid))) ?? "");
  return stored.found === "copy" ? { found: "former-name", copy: stored.copy } : undefined;
}

function formerName(harbor: ObjectName, name: string): string {
  return copyName({ kubernetes: undefined, harbor }, name);
}

/** Removes labels before AWS's limit is reached, because AWS would then refuse the new version. */
async function makeRoom(aws: SecretsManager, name: string, label: string, { progress }: Surroundings): Promise<void> {
  for (const surplus of surplusLabels(await aws.versions(name), label)) {
    await aws.removeLabel(name, surplus);
    progress(`${name}: removed the label ${surplus.label}, the oldest one; AWS may now delete that version`);
  }
}

/** The previous copy stays current until the new one has been read back. */
async function keep(aws: SecretsManager, name: string, copy: SecretCopy): Promise<void> {
  const text = JSON.stringify(copy);
  const label = clusterLabel(copy.cluster.uid);
  const version = await aws.put(name, text, label);
  if ((await aws.read(name, label)) === text) {
    await aws.makeCurrent(name, version);
    if ((await aws.read(name, currentLabel)) === text) return;
  }
  throw new RecoveryError(
    "secret-copy-not-confirmed",
    `${name}: AWS Secrets Manager does not return what was just written`,
    { next: "run again; another run may have written at the same time" },
  );
}

function outcomeOf(decision: CopyDecision): KeepReport["secrets"][number]["outcome"] {
  return decision.action === "keep" ? decision.why : "unchanged";
}

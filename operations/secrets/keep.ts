import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { SecretsManager } from "../../clients/aws/secrets-manager.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import {
  clusterLabel,
  copyName,
  currentLabel,
  decideCopy,
  parseStored,
  type CopyDecision,
  type SecretCopy,
  type Stored,
} from "../../domain/secrets/copy.ts";
import type { KeepReport } from "../../domain/secrets/request.ts";
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
  kubernetes: IdentityReader & Pick<HarborClient, "getSecret">,
  aws: SecretsManager,
  harbor: ObjectName,
  names: readonly string[],
  surroundings: Surroundings,
): Promise<KeepReport> {
  const identity = await readIdentity(kubernetes, harbor);
  const secrets = await Promise.all(
    names.map(async (name) => {
      const copy = copyName(harbor, name);
      const [live, text] = await Promise.all([
        kubernetes.getSecret({ namespace: harbor.namespace, name }),
        aws.read(copy, currentLabel),
      ]);
      const stored: Stored = text === undefined ? { found: "nothing" } : parseStored(text);
      return { name, copy, decision: decideCopy(harbor, name, live, identity, stored) };
    }),
  );
  for (const { copy, decision } of secrets) {
    if (decision.action !== "keep") continue;
    await keep(aws, copy, decision.copy);
    surroundings.progress(`${copy}: kept, ${decision.why}`);
  }
  const refused = secrets.flatMap(({ name, decision }) =>
    decision.action === "refuse" ? [`  ${name}: ${decision.problem}`] : [],
  );
  if (refused.length > 0) {
    throw new RecoveryError(
      "secrets-not-kept",
      `${formatObjectName(harbor)}: not kept in AWS Secrets Manager:\n${refused.join("\n")}`,
      { next: "check whether the operators have created the Secrets; correct what is wrong in them, then run again" },
    );
  }
  if (identity === undefined) {
    throw new RecoveryError(
      "postgresql-not-made",
      `there is no postgresql ${harbor.namespace}/${postgresqlName(harbor)}`,
      { next: "wait until the Harbor operator has created it" },
    );
  }
  return {
    version: 1,
    cluster: identity,
    secrets: secrets.map(({ name, copy, decision }) => ({ name, copy, outcome: outcomeOf(decision) })),
  };
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

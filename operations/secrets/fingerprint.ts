import { createHash } from "node:crypto";
import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import { canonical } from "../../domain/secrets/copy.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";
import { readIdentity, type IdentityReader } from "./identity.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";

type SecretsReader = IdentityReader & Pick<HarborClient, "getKubernetesUid" | "getSecret">;

/** Seconds. */
const pauses = [2];
/** Seconds to wait for what is recorded if it appears. It may never appear: Patroni may keep the system identifier elsewhere. */
const identitySeconds = 60;

/**
 * A text that changes whenever the content of a secret changes, or the database that the secrets belong to. When it
 * changes, `up` keeps the secrets again. It is derived from the content, so treat it as a secret.
 *
 * @param wait how long to wait until the operators have created all of them; undefined for a single check.
 * @throws RecoveryError that lists what is missing when the time is over.
 */
export async function fingerprintSecrets(
  kubernetes: SecretsReader,
  harbor: ObjectName,
  names: readonly string[],
  wait: Duration | undefined,
  surroundings: Surroundings,
): Promise<ReportOf<"secrets fingerprint">> {
  if (wait === undefined) return report(await look(kubernetes, harbor, names));
  const forSecrets = new Wait({ limit: wait, pauses }, surroundings);
  const forIdentity = new Wait({ limit: Math.min(wait, identitySeconds), pauses }, surroundings);
  for (;;) {
    const found = await look(kubernetes, harbor, names);
    const { missing, unseen } = found;
    const line = `waiting for: ${[...missing, ...unseen].join("; ")}`;
    if (missing.length > 0) {
      if (await forSecrets.pause(line)) continue;
      throw new RecoveryError(
        "secrets-not-made",
        `${formatObjectName(harbor)}: these do not exist after ${formatDuration(wait)}:\n${missing.map((one) => `  ${one}`).join("\n")}`,
        {
          next: "check that both operators run, and see their logs and the status of the HarborCluster and of its postgresql resource; then run this again to continue",
        },
      );
    }
    if (unseen.length === 0 || !(await forIdentity.pause(line))) return report(found);
  }
}

function report({ fingerprint, kubernetes }: Look): ReportOf<"secrets fingerprint"> {
  return { version: 1, fingerprint, kubernetes };
}

interface Look {
  readonly fingerprint: string;
  readonly kubernetes: string;
  /** What must exist before everything can be kept. */
  readonly missing: string[];
  /** What would also be recorded if it were known. */
  readonly unseen: string[];
}

async function look(kubernetes: SecretsReader, harbor: ObjectName, names: readonly string[]): Promise<Look> {
  const [uid, identity, ...contents] = await Promise.all([
    kubernetes.getKubernetesUid(),
    readIdentity(kubernetes, harbor),
    ...names.map((name) => kubernetes.getSecret({ namespace: harbor.namespace, name })),
  ]);
  const hash = createHash("sha256").update(JSON.stringify(identity ?? null));
  const missing = identity === undefined ? [`postgresql ${postgresqlName(harbor)}`] : [];
  for (const [index, name] of names.entries()) {
    const content = contents[index];
    hash.update(`\0${name}\0${content === undefined ? "" : canonical(content.data)}`);
    if (content === undefined) missing.push(`Secret ${name}`);
  }
  const unseen = [
    ...(identity?.backups === null ? ["the place of the backups, in the StatefulSet"] : []),
    ...(identity?.systemIdentifier === null ? ["the system identifier, which Patroni creates"] : []),
  ];
  return { fingerprint: hash.digest("hex"), kubernetes: uid, missing, unseen };
}

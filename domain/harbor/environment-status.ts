import { findingsAt, type Finding } from "../finding.ts";
import type { ObjectName } from "../kubernetes/object-name.ts";
import type { SecretContent } from "../kubernetes/secret.ts";
import { contentProblem } from "../secrets/copy.ts";
import { checkPodConfig } from "./pod-config-check.ts";
import type { LivePodConfig } from "./pod-config-owners.ts";

/** What is wrong with the content of pod-config, or that it does not exist. */
export function judgePodConfig(
  data: Record<string, string> | undefined,
  podSecretData: Readonly<Record<string, string>> | undefined,
  where: string,
): Finding[] {
  if (data !== undefined) return checkPodConfig(data, podSecretData);
  return [
    findingsAt(where).refuse(
      "pod-config-missing",
      "does not exist: the Pods get no values for backups, and Zalando operators 1.8 start them all the same",
      "`pulumi up` creates it",
    ),
  ];
}

/** Which keys the pod Secret has, or that it does not exist. */
export function judgePodSecret(secret: LivePodConfig | undefined, where: string): Finding[] {
  const at = findingsAt(where);
  if (secret === undefined) {
    const what = "does not exist: a Zalando operator that names it creates no database without it";
    return [at.warn("pod-secret-missing", what, "`pulumi up` creates it")];
  }
  return [at.ok("pod-secret-present", `has ${Object.keys(secret.data).toSorted().join(", ") || "no keys"}`)];
}

/** Whether one of the Secrets that a restore needs exists, and has the content that its users expect. */
export function judgeSecret(harbor: ObjectName, name: string, secret: SecretContent | undefined): Finding[] {
  const at = findingsAt(`Secret ${harbor.namespace}/${name}`);
  if (secret === undefined) {
    const fix = "restore it before the HarborCluster is created: postgres-recovery secrets restore";
    return [at.refuse("secret-missing", "does not exist", fix)];
  }
  const problem = contentProblem(harbor, name, secret);
  if (problem === undefined) return [at.ok("secret-present", `has ${Object.keys(secret.data).toSorted().join(", ")}`)];
  return [
    at.refuse(
      "secret-content-wrong",
      problem,
      "correct it; the operators create a new password where the username differs",
    ),
  ];
}

import { allowsEverybody } from "../backups/bucket-rules.ts";
import { findingsAt, type Finding } from "../finding.ts";
import { everyCopy } from "./copy-place.ts";

/** A secret in AWS that a stack declares to hold a copy. */
export interface DeclaredCopy {
  readonly name: string;
  /** Days in which it can be recovered after its deletion; undefined: AWS's default, 30. */
  readonly recoveryDays: number | undefined;
  /** Its policy as JSON; undefined without one. */
  readonly policy: string | undefined;
}

/** A UID, by which a copy belongs to one Kubernetes cluster. */
const identified = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\//;

/** Whether a secret in AWS is a copy of one of Harbor's, by its name. */
export function isCopy(name: string): boolean {
  return name.startsWith(everyCopy);
}

/** What is wrong with a copy of one of Harbor's Secrets. */
export function copyFindings({ name, policy, recoveryDays }: DeclaredCopy): Finding[] {
  const at = findingsAt(`secret ${name}`);
  const findings: Finding[] = [];
  if (recoveryDays !== undefined && recoveryDays < 7) {
    const what = "is gone at once when it is deleted";
    findings.push(at.refuse("secret-copy-window-short", what, "set recoveryWindowInDays to 7 or more"));
  }
  if (!identified.test(name.slice(everyCopy.length))) {
    const what = "does not have the UID of its Kubernetes cluster, so clusters of one AWS account share it";
    findings.push(at.refuse("secret-copy-shared", what, `name it ${everyCopy}UID/NAMESPACE/HARBOR/SECRET`));
  }
  if (policy !== undefined && allowsEverybody(policy)) {
    const what = "may be read by everybody, by its policy";
    findings.push(at.refuse("secret-copy-public", what, "name who may read it, or remove the policy"));
  }
  return findings;
}

/** The KMS keys that a stack's settings wish for the copies. */
export interface WishedKeys {
  readonly kmsKeyId: string | undefined;
  /** By the region of a replica. */
  readonly replicas: ReadonlyMap<string, string | undefined>;
}

/** The KMS keys with which a stack declares a copy. */
export interface DeclaredKeys {
  readonly name: string;
  readonly kmsKeyId: string | undefined;
  readonly replicas: readonly { readonly region: string; readonly kmsKeyId: string | undefined }[];
}

/** Whether a copy and its replicas are encrypted with the keys that the settings wish. Without a wish, any key is right. */
export function copyKeyFindings({ kmsKeyId, name, replicas }: DeclaredKeys, wished: WishedKeys): Finding[] {
  const isWrong = (wish: string | undefined, key: string | undefined): boolean => wish !== undefined && wish !== key;
  const places = [
    ...(isWrong(wished.kmsKeyId, kmsKeyId) ? [`secret ${name}`] : []),
    ...replicas
      .filter((replica) => isWrong(wished.replicas.get(replica.region), replica.kmsKeyId))
      .map(({ region }) => `secret ${name} in ${region}`),
  ];
  return places.map((where) =>
    findingsAt(where).refuse(
      "secret-copy-key-wrong",
      "is not encrypted with the KMS key that the settings name",
      "give it the key of harbor.secrets.kmsKeyId, and each replica that of harbor.secrets.replicas",
    ),
  );
}

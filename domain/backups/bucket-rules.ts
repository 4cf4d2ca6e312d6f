import { findingsAt, type Finding } from "../finding.ts";

/** A bucket with the settings that a stack declares for it. */
export interface DeclaredBucket {
  /** The bucket, for people. */
  readonly where: string;
  readonly isVersioned: boolean;
  readonly isEncrypted: boolean;
  /** Whether all four kinds of public access are blocked. */
  readonly isPrivate: boolean;
  /** Whether access lists of objects are switched off, so that the bucket's owner owns every object. */
  readonly hasOneOwner: boolean;
  /** The bucket's policy as JSON; undefined without one. */
  readonly policy: string | undefined;
  /** Days for which Object Lock keeps each version; undefined without it. */
  readonly lockDays: number | undefined;
}

/**
 * What is missing around a bucket for backups.
 *
 * @param retainDays days for which the database keeps its backups; undefined when the stack does not say it.
 */
export function bucketFindings(bucket: DeclaredBucket, retainDays: number | undefined): Finding[] {
  const at = findingsAt(bucket.where);
  const findings: Finding[] = [];
  if (!bucket.isVersioned) {
    const what = "keeps no versions: what is overwritten or deleted is gone";
    findings.push(at.refuse("bucket-not-versioned", what, "declare a BucketVersioning with the status Enabled"));
  }
  if (!bucket.isEncrypted) {
    const fix = "declare a BucketServerSideEncryptionConfiguration";
    findings.push(at.refuse("bucket-not-encrypted", "has no encryption declared", fix));
  }
  if (!bucket.isPrivate) {
    const fix = "declare a BucketPublicAccessBlock with all four settings";
    findings.push(at.refuse("bucket-may-be-public", "can be made public by an access list or a policy", fix));
  }
  if (!bucket.hasOneOwner) {
    const fix = "declare BucketOwnershipControls with BucketOwnerEnforced";
    findings.push(at.refuse("bucket-owners-mixed", "lets whoever writes an object own it", fix));
  }
  if (!deniesWithoutTls(bucket.policy)) {
    const fix = "declare a BucketPolicy that denies aws:SecureTransport false";
    findings.push(at.refuse("bucket-without-tls-rule", "accepts requests without TLS", fix));
  }
  if (bucket.lockDays !== undefined && retainDays !== undefined && bucket.lockDays < retainDays) {
    const what = `locks each version for ${bucket.lockDays} days, and backups are kept for ${retainDays}`;
    findings.push(at.refuse("bucket-lock-short", what, `lock for at least ${retainDays} days`));
  }
  return findings;
}

/** What a rule of a bucket's lifecycle does to the current version of every object that it fits. */
export interface LifecycleRule {
  readonly id: string;
  readonly isEnabled: boolean;
  /** Whether it deletes current versions after some time. */
  readonly expires: boolean;
  /** Storage classes to which it moves current versions. */
  readonly classes: readonly string[];
}

/** Classes from which an object can be read at once. */
const readable = ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"];

/**
 * What a lifecycle does to backups that are still needed. Only the database knows which ones are: sentinels, WAL and
 * pgBackRest's info files get old, and stay needed.
 */
export function lifecycleFindings(rules: readonly LifecycleRule[], where: string): Finding[] {
  return rules
    .filter(({ isEnabled }) => isEnabled)
    .flatMap(({ classes, expires, id }) => {
      const at = findingsAt(`${where} rule ${id}`);
      const archived = classes.filter((each) => !readable.includes(each));
      return [
        ...(expires
          ? [
              at.refuse(
                "bucket-lifecycle-deletes",
                "deletes current versions by their age, also those that a restore needs",
                "expire only noncurrent versions; the database deletes its old backups itself",
              ),
            ]
          : []),
        ...(archived.length > 0
          ? [
              at.refuse(
                "bucket-lifecycle-archives",
                `moves current versions to ${archived.join(", ")}, from which nothing can be read at once`,
                `use a class that can be read at once: ${readable.join(", ")}`,
              ),
            ]
          : []),
      ];
    });
}

/** Whether a policy denies everybody every request without TLS. */
function deniesWithoutTls(policy: string | undefined): boolean {
  return statementsOf(policy).some(
    (statement) =>
      statement["Effect"] === "Deny" &&
      isEverybody(statement["Principal"]) &&
      JSON.stringify(statement["Condition"] ?? {}).includes('"aws:SecureTransport":"false"'),
  );
}

/** Whether a policy allows something to everybody, without a condition. */
export function allowsEverybody(policy: string): boolean {
  return statementsOf(policy).some(
    (statement) =>
      statement["Effect"] === "Allow" && isEverybody(statement["Principal"]) && statement["Condition"] === undefined,
  );
}

function isEverybody(principal: unknown): boolean {
  return principal === "*" || JSON.stringify(principal ?? "") === '{"AWS":"*"}';
}

/** The statements of a policy; none when it is not JSON. */
function statementsOf(policy: string | undefined): Record<string, unknown>[] {
  try {
    const { Statement } = JSON.parse(policy ?? "{}") as { readonly Statement?: unknown };
    const list: unknown[] = Array.isArray(Statement) ? Statement : [Statement];
    return list.filter((each): each is Record<string, unknown> => typeof each === "object" && each !== null);
  } catch {
    return [];
  }
}

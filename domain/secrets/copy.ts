import { z } from "zod";
import { clusterIdentitySchema, sameIdentity, withWhatWasKnown, type ClusterIdentity } from "./cluster-identity.ts";
import { credentialsSecretName, coreEncryptionKeySecretName, databaseRoles } from "../harbor/names.ts";
import { secretContentSchema, type SecretContent } from "../kubernetes/secret.ts";
import { parsedJson } from "../text.ts";
import type { ObjectName } from "../kubernetes/object-name.ts";

/** A copy of a Kubernetes Secret in AWS Secrets Manager: the JSON text of one version. */
export const secretCopySchema = z.object({
  version: z.literal(1),
  secret: secretContentSchema.extend({ name: z.string() }),
  cluster: clusterIdentitySchema,
});
export type SecretCopy = z.infer<typeof secretCopySchema>;

/** What Secrets Manager holds under the name of a copy. */
export type Stored =
  | { readonly found: "nothing" }
  | { readonly found: "copy"; readonly copy: SecretCopy }
  /** A copy of the same database, under the name that an older version of this program gave it. */
  | { readonly found: "former-name"; readonly copy: SecretCopy }
  /** A value that is not a copy made by this program. */
  | { readonly found: "something-else" };

/** What to do about one secret. */
export type CopyDecision =
  | {
      readonly action: "keep";
      readonly why: "first copy" | "content changed" | "cluster changed" | "moved";
      readonly copy: SecretCopy;
    }
  | { readonly action: "nothing" }
  | { readonly action: "refuse"; readonly problem: string };

type SecretKind =
  | { readonly kind: "credentials"; readonly role: string }
  | { readonly kind: "encryption-key" }
  | { readonly kind: "other" };

/** Characters of the key that the Harbor operator creates (harbor-operator controllers/goharbor/harbor/core.go). */
const encryptionKeyLength = 16;

/** Parses a text stored in Secrets Manager. */
export function parseStored(text: string): Stored {
  const { data } = secretCopySchema.safeParse(parsedJson(text));
  return data === undefined ? { found: "something-else" } : { found: "copy", copy: data };
}

/**
 * What is wrong with the content of a secret, without quoting any of it; undefined when it can be kept and restored.
 * If a secret has another user's name, the operators create a new password (postgres-operator sync.go).
 */
export function contentProblem(harbor: ObjectName, name: string, { data }: SecretContent): string | undefined {
  const kind = kindOf(harbor, name);
  switch (kind.kind) {
    case "credentials": {
      const missing = ["username", "password"].filter((key) => decoded(data[key]).length === 0);
      if (missing.length > 0) return `${missing.join(" and ")} missing or empty`;
      if (decoded(data["username"]).toString() !== kind.role) return `username is not ${kind.role}`;
      return isPlainText(decoded(data["password"]))
        ? undefined
        : "password is binary, or has blanks or line ends around it";
    }
    case "encryption-key": {
      const key = decoded(data["secret"]);
      if (key.length === 0) return "secret missing or empty";
      return key.length === encryptionKeyLength && isPlainText(key)
        ? undefined
        : `secret is not the text of ${encryptionKeyLength} characters that Harbor needs`;
    }
    case "other":
      return Object.values(data).some((value) => decoded(value).length > 0) ? undefined : "it has no content";
  }
}

/**
 * Decides whether a new copy of a secret is kept.
 *
 * @param live the secret in Kubernetes; undefined when there is none.
 * @param identity the database that the secret belongs to; undefined when there is no `postgresql` resource.
 * @param stored the current copy.
 */
export function decideCopy(
  harbor: ObjectName,
  name: string,
  live: SecretContent | undefined,
  identity: ClusterIdentity | undefined,
  stored: Stored,
): CopyDecision {
  const refuse = (problem: string): CopyDecision => ({
    action: "refuse",
    problem: hasCopy(stored) ? `${problem}; the kept copy stays as it is` : problem,
  });
  if (stored.found === "something-else")
    return refuse("Secrets Manager holds something else under its name; it was not changed");
  if (live === undefined) return refuse("there is no such Secret in Kubernetes");
  const problem = contentProblem(harbor, name, live);
  if (problem !== undefined) return refuse(problem);
  const kept = hasCopy(stored) ? stored.copy : undefined;
  const changed = kept === undefined || !sameContent(kept.secret, live);
  if (identity === undefined) {
    return changed
      ? refuse("there is no postgresql resource, so the database that it belongs to is not known")
      : { action: "nothing" };
  }
  const cluster = withWhatWasKnown(identity, kept?.cluster);
  const copy: SecretCopy = { version: 1, secret: { name, type: live.type, data: live.data }, cluster };
  if (kept === undefined) return { action: "keep", why: "first copy", copy };
  if (changed && kept.cluster.uid === identity.uid && kindOf(harbor, name).kind === "encryption-key") {
    return refuse(
      "the key differs from the kept one of the same database, and the database's content was encrypted with the kept one",
    );
  }
  if (changed) return { action: "keep", why: "content changed", copy };
  if (stored.found === "former-name") return { action: "keep", why: "moved", copy };
  return sameIdentity(kept.cluster, cluster) ? { action: "nothing" } : { action: "keep", why: "cluster changed", copy };
}

function hasCopy(stored: Stored): stored is Extract<Stored, { readonly copy: SecretCopy }> {
  return stored.found === "copy" || stored.found === "former-name";
}

/** A secret as it must be before the HarborCluster is created, so that both operators use it as their own. */
export interface RestoredSecret {
  readonly apiVersion: "v1";
  readonly kind: "Secret";
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly type: string;
  readonly data: Record<string, string>;
}

/**
 * The Secret to create from a copy. It has no ownerReferences: the Harbor operator sets its own, and fails if another
 * controller owns the secret. The annotation stops the operator from creating a new encryption key
 * (harbor-operator pkg/resources/mutation.go).
 */
export function restoredSecret(harbor: ObjectName, { secret }: SecretCopy): RestoredSecret {
  const { name, data } = secret;
  const place = { namespace: harbor.namespace, name };
  const common = { apiVersion: "v1", kind: "Secret", data } as const;
  switch (kindOf(harbor, name).kind) {
    case "credentials":
      return { ...common, metadata: place, type: "Opaque" };
    case "encryption-key":
      return {
        ...common,
        metadata: { ...place, annotations: { "goharbor.io/immutable": "true" } },
        type: "goharbor.io/single",
      };
    case "other":
      return { ...common, metadata: place, type: secret.type };
  }
}

/** Whether a secret holds the same values under the same keys. */
export function sameContent(a: Pick<SecretContent, "data">, b: Pick<SecretContent, "data">): boolean {
  return canonical(a.data) === canonical(b.data);
}

/**
 * A text that is the same for the same content, whatever the order of its keys.
 *
 * @example canonical({ b: "2", a: "1" }) // → '[["a","1"],["b","2"]]'
 */
export function canonical(values: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function kindOf(harbor: ObjectName, name: string): SecretKind {
  const role = databaseRoles.find((candidate) => credentialsSecretName(candidate, harbor) === name);
  if (role !== undefined) return { kind: "credentials", role };
  return { kind: name === coreEncryptionKeySecretName(harbor) ? "encryption-key" : "other" };
}

function decoded(base64: string | undefined): Buffer {
  return Buffer.from(base64 ?? "", "base64");
}

function isPlainText(bytes: Buffer): boolean {
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) && text.trim() === text && !/[\x00-\x1f\x7f]/.test(text);
}

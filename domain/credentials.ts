import { findingsAt, type Finding } from "./finding.ts";
import { holdsSecret } from "./spilo/variables.ts";

/** Whether a text holds an AWS access key's ID, a URL with a password, or a private key. */
export function looksLikeSecret(text: string): boolean {
  return /\b(AKIA|ASIA)[A-Z0-9]{16}\b|:\/\/[^/\s:]+:[^/\s]+@|-----BEGIN [A-Z ]*PRIVATE KEY/.test(text);
}

/** `--option VALUE`, `--option=VALUE` and `VARIABLE=VALUE`, where the value is neither empty nor comes from the shell. */
const assigned = /(?:^|[\s;'"])(?:--?([A-Za-z][\w-]*)[= ]|([A-Za-z_]\w*)=)(?!\$|["']?\$|["']{2})["']?[^\s"'$<>|&;-]/g;
/** Options that name where the secret is, instead of the secret. */
const namesPlace = /[-_](stdin|file|path|arn|name)$/i;
/**
 * Keys of the Zalando operator's own ConfigMap that name Secrets or switch something, and hold none themselves
 * (postgres-operator docs/reference/operator_parameters.md).
 */
const ofZalandoOperator =
  /^(pod_environment_secret|secret_name_template|infrastructure_roles_secrets|additional_secret_mount|enable_(secrets_deletion|password_rotation|cross_namespace_secret)|password_rotation_(interval|user_retention))$/;

/**
 * Credentials in the values of a ConfigMap, by the name of the key or by the look of the value.
 *
 * @param where the object, for people.
 */
export function configMapCredentials(data: Readonly<Record<string, unknown>>, where: string): Finding[] {
  const isNamed = (key: string): boolean => holdsSecret(key) && !namesPlace.test(key) && !ofZalandoOperator.test(key);
  return Object.entries(data)
    .filter(([key, value]) => value !== "" && (isNamed(key) || looksLikeSecret(String(value))))
    .map(([key]) =>
      findingsAt(`${where} ${key}`).refuse(
        "credential-in-configmap",
        "is a credential, and everybody who may read ConfigMaps can read it",
        "move it to a Secret, then rotate it",
      ),
    );
}

/**
 * Credentials in the text of a command, or in its environment. Both can be seen in the list of processes and in the state.
 *
 * @param texts the texts of a command, by the name of the property.
 */
export function commandCredentials(
  texts: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, unknown>>,
  where: string,
): Finding[] {
  const inTexts = Object.entries(texts)
    .filter(([, text]) => looksLikeSecret(text) || assignsSecret(text))
    .map(([name]) => name);
  const inEnvironment = Object.entries(environment)
    .filter(([key, value]) => value !== "" && (holdsSecret(key) || looksLikeSecret(String(value))))
    .map(([key]) => `environment ${key}`);
  return [...inTexts, ...inEnvironment].map((place) =>
    findingsAt(`${where} ${place}`).refuse(
      "credential-in-command",
      "has a credential, which the list of processes and the state show",
      "pass it on stdin as a secret, then rotate it",
    ),
  );
}

/** Credentials in tags, which anybody may read who may list the resources. */
export function tagCredentials(tags: Readonly<Record<string, unknown>>, where: string): Finding[] {
  return Object.entries(tags)
    .filter(([key, value]) => value !== "" && (holdsSecret(key) || looksLikeSecret(String(value))))
    .map(([key]) =>
      findingsAt(`${where} tag ${key}`).refuse(
        "credential-in-tag",
        "is a credential, and tags are shown wherever the resource is listed",
        "remove the tag, then rotate the credential",
      ),
    );
}

/**
 * Credentials in the outputs of a stack, which anybody may read who may read the stack. Policies get a secret output without
 * its mark, so it is told of, too.
 */
export function outputCredentials(outputs: unknown, where: string): Finding[] {
  return suspiciousLeaves(outputs, []).map((path) =>
    findingsAt(`${where} output ${path.join(".")}`).warn(
      "credential-in-output",
      "looks like a credential, and everybody who may read the stack can read it unless it is a Pulumi secret",
      "leave it out, or wrap it in pulumi.secret; if it was readable, rotate it",
    ),
  );
}

/** Paths of texts whose name or look is that of a credential. */
function suspiciousLeaves(value: unknown, path: readonly string[]): string[][] {
  if (typeof value === "string") {
    const isCredential = value !== "" && (isNamedLikeSecret(path) || looksLikeSecret(value));
    return isCredential ? [[...path]] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => suspiciousLeaves(each, [...path, key]));
}

/** By its own name, unless it is in a mapping of Secrets by their names, such as `keptSecrets`: that says what became of each. */
function isNamedLikeSecret(path: readonly string[]): boolean {
  if (path.slice(0, -1).some((name) => /secrets$/i.test(name))) return false;
  const words = (path.at(-1) ?? "").replaceAll(/([a-z])([A-Z])/g, "$1_$2").replaceAll("-", "_");
  return holdsSecret(words);
}

function assignsSecret(text: string): boolean {
  const names = [...text.matchAll(assigned)].map(([, option, variable]) => option ?? variable ?? "");
  return names.some((name) => !namesPlace.test(name) && holdsSecret(name.replaceAll("-", "_")));
}

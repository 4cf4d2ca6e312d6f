import { createHash } from "node:crypto";
import { spiloVariables, type DatabasePod } from "./objects.ts";

/**
 * Pods that do not have the values of the pod Secret, by name: `old`, or why it is not known. A Pod that is not here has
 * them. Kubernetes gives a Secret's values to a container when it starts, and never again.
 */
export type PodKeys = ReadonlyMap<string, "old" | { readonly unknown: string }>;

/** A variable of a Pod that comes from the pod Secret, and the Secret's value now. */
export interface KeyVariable {
  readonly name: string;
  readonly value: string;
}

/**
 * The variables of the database's container that come from the pod Secret. A key that the Secret does not have is left
 * out: a new Pod could not get it either.
 *
 * @param podSecret name of the Secret.
 * @param data the Secret's decoded values.
 */
export function keyVariables(
  { spec }: DatabasePod,
  podSecret: string,
  data: Readonly<Record<string, string>>,
): KeyVariable[] {
  return [...spiloVariables(spec.containers).values()].flatMap(({ name, valueFrom }) => {
    const reference = valueFrom?.secretKeyRef;
    const value = reference?.name === podSecret ? data[reference.key] : undefined;
    return value === undefined ? [] : [{ name, value }];
  });
}

/**
 * What `podKeyDigest` of clients/pod/spilo.ts gets from a Pod that has these values: the SHA-256 of the salt and the values,
 * one a line, in hexadecimal digits.
 *
 * @param salt a new random text for each question, so that an answer is of no use to anybody else.
 */
export function keyDigest(salt: string, variables: readonly KeyVariable[]): string {
  const lines = [salt, ...variables.map(({ value }) => value)];
  return createHash("sha256")
    .update(lines.map((line) => `${line}\n`).join(""))
    .digest("hex");
}

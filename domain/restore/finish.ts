import { isDeepStrictEqual } from "node:util";

/** What the stack's outputs say of the last restore that an `up` carried out to its end. */
export interface LastRestore {
  /** Whether the restored database was proven, or its proof was left out for a written reason. */
  readonly isProven: boolean;
  /** The CLONE_ values of pod-config at that time. */
  readonly clone: Readonly<Record<string, string>>;
}

/**
 * The CLONE_ variables among others.
 *
 * @example cloneValues({ CLONE_SCOPE: "db", AWS_REGION: "eu-west-2" }) // → { CLONE_SCOPE: "db" }
 */
export function cloneValues(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => name.startsWith("CLONE_")));
}

/**
 * Whether ending a restore would end one that was never proven: pod-config still has its CLONE_ values, and the last `up`
 * that came to its end did not prove a restore with exactly these values.
 *
 * @param live the CLONE_ values that pod-config has from this program.
 */
export function endsUnproven(live: Readonly<Record<string, string>>, last: LastRestore | undefined): boolean {
  if (Object.keys(live).length === 0) return false;
  if (last?.isProven !== true) return true;
  return !isDeepStrictEqual({ ...last.clone }, { ...live });
}

import type { FindingCodeOf } from "../catalogue/finding-codes.ts";
import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";

/** Variables by their names. */
export type Data = Readonly<Record<string, string>>;

/** Collects problems with keys of pod-config and of the pod Secret; a finding never contains the value itself. */
export class Problems {
  readonly found: Finding[] = [];
  readonly #podSecret: Data;

  constructor(podSecret: Data) {
    this.#podSecret = podSecret;
  }

  /** Findings about a key, in the object whose value the Pods get. */
  at(key: string): FindingsAt {
    return key in this.#podSecret ? this.inSecret(key) : this.inConfigMap(key);
  }

  inConfigMap(key: string): FindingsAt {
    return findingsAt(`pod-config ${key}`);
  }

  inSecret(key: string): FindingsAt {
    return findingsAt(`pod Secret ${key}`);
  }

  refuse(key: string, code: FindingCodeOf<"refuse">, what: string, fix: string): void {
    this.found.push(this.at(key).refuse(code, what, fix));
  }

  warn(key: string, code: FindingCodeOf<"warn">, what: string, fix: string): void {
    this.found.push(this.at(key).warn(code, what, fix));
  }
}

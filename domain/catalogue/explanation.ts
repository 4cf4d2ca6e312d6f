import type { errorKinds, ErrorCode } from "./error-codes.ts";
import type { FindingCode, FindingCodeOf } from "./finding-codes.ts";

/** What a person should know of a mistake in what they asked for: nothing has been looked at or done yet. */
export interface Mistake {
  /** A short phrase. */
  readonly title: string;
  /** What it is. */
  readonly means: string;
  /** What to do. */
  readonly todo: string;
}

/** What a person should know of any other error or finding. */
export interface Explanation extends Mistake {
  /** Why it matters. */
  readonly matters: string;
  /** Which other signs stay green meanwhile. */
  readonly green: string;
}

type UsageCode = {
  [Code in ErrorCode]: (typeof errorKinds)[Code] extends "usage" ? Code : never;
}[ErrorCode];

/** Codes of findings that something is to be done about, or known of. */
export type NotableCode = Exclude<FindingCode, FindingCodeOf<"ok">>;

/** Every error and every finding that is not `ok`, explained. */
export type Explanations = {
  readonly [Code in ErrorCode | NotableCode]: Code extends UsageCode ? Mistake : Explanation;
};

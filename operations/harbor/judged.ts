import type { FindingCodeOf } from "../../domain/catalogue/finding-codes.ts";
import { findingsAt, type Finding } from "../../domain/finding.ts";
import type { Gathered } from "../../domain/gathered.ts";

/** The findings about an answer, or that it is unknown because it could not be read. */
export function judged<T>(
  answer: Gathered<T>,
  where: string,
  judge: (found: T) => Finding[],
  unreadable: FindingCodeOf<"unknown"> = "object-unreadable",
): Finding[] {
  if ("found" in answer) return judge(answer.found);
  return [findingsAt(where).unknown(unreadable, answer.failed, "")];
}

import type { Change, EngineRun } from "../domain/stack/engine-run.ts";
import { visibleText } from "../domain/visible-text.ts";

/** GitHub refuses a comment with more than 65,536 characters. There are two lists in one. */
const longestList = 30_000;

/** What a preview says, as Markdown for a comment. It names changed properties, and no values. */
export function summary(stack: string, { changes, violations }: EngineRun, problems: readonly string[]): string {
  const verdict = problems.length === 0 ? "is fine" : `**failed:** ${problems.join("; ")}`;
  const parts = [
    `### Preview of the stack ${stack} ${verdict}`,
    countText(changes),
    listed(changes.map(changeText)),
    violations.length === 0 ? "No policy is violated." : "Policies:",
    listed(
      violations.map(
        ({ isMandatory, message, policy }) => `${isMandatory ? "mandatory" : "advisory"} ${policy}: ${message}`,
      ),
    ),
    "Errors are in the log of this job.",
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function countText(changes: readonly Change[]): string {
  if (changes.length === 0) return "It changes nothing.";
  const groups = Map.groupBy(changes, ({ operation }) => operation);
  const counts = [...groups].map(([operation, each]) => `${each.length} to ${operation}`);
  return `It changes ${changes.length} ${changes.length === 1 ? "resource" : "resources"}: ${counts.join(", ")}.`;
}

function changeText({ operation, properties, resource }: Change): string {
  return `${operation} ${resource}${properties.length === 0 ? "" : ` (${properties.join(", ")})`}`;
}

/** Lines in a block whose fence is longer than any row of backticks in them, so that no name or message can end it. */
function listed(lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const shown: string[] = [];
  let room = longestList;
  for (const line of lines.map((each) => visibleText(each).replaceAll("\n", "\n  "))) {
    room -= line.length + 1;
    if (room < 0) break;
    shown.push(line);
  }
  if (shown.length < lines.length) shown.push(`and ${lines.length - shown.length} more: see the log of this job`);
  const content = shown.join("\n");
  const longestRow = Math.max(2, ...[...content.matchAll(/`+/g)].map(([row]) => row.length));
  const fence = "`".repeat(longestRow + 1);
  return `${fence}\n${content}\n${fence}`;
}

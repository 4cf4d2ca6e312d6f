import { areas } from "../../domain/catalogue/explanations.ts";
import { errorKinds } from "../../domain/catalogue/error-codes.ts";
import { passedChecks } from "../../domain/catalogue/passed-checks.ts";
import { findingSeverities, type Severity } from "../../domain/catalogue/finding-codes.ts";
import { stanzaDisagreements, stanzaFlags, stanzaStatuses } from "../../domain/catalogue/stanza-statuses.ts";
import type { Explanation, Mistake } from "../../domain/catalogue/explanation.ts";
import { failureExitCode } from "../exit-codes.ts";
import { severityWords } from "../findings.ts";

type Entry = Mistake & Partial<Explanation>;

/** The whole of docs/findings.md; `npm run docs` writes it. */
export function findingsPage(): string {
  const sections = areas.map(({ title, entries }) => areaSection(title, Object.entries(entries)));
  return [introduction(areas.map(({ title }) => title)), ...sections, statusesSection(), passedSection()].join("\n");
}

const statusesTitle = "Statuses of stanza list";
const passedTitle = "Checks that passed";

function introduction(titles: readonly string[]): string {
  const links = [...titles, statusesTitle, passedTitle].map((title) => `- [${title}](#${anchor(title)})`);
  return `# Errors and findings

An error ends a command: \`error[code]\` on stderr, \`error.code\` in JSON. A finding is one thing that was looked at: the column CODE in tables, \`findings[].code\` in JSON. Codes are stable, so scripts and alerts can rely on them. Each code is a heading here, so \`docs/findings.md#wal-gap\` leads to its explanation.

Each explanation ends with the signs that **stay green** meanwhile. They are why nobody notices.

| finding | what it means for the step |
| --- | --- |
| PROBLEM | going on would lose or miss data: refused |
| UNKNOWN | the truth could not be found out: never taken for okay |
| warning | a person should know; the step may go on |
| ok | looked at, and right |

${links.join("\n")}
`;
}

/**
 * GitHub's anchor of a heading.
 *
 * @example anchor("pod-config: a restore") // → "pod-config-a-restore"
 */
export function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .replaceAll(/\s/g, "-");
}

function areaSection(title: string, entries: readonly (readonly [code: string, entry: Entry])[]): string {
  return [`## ${title}\n`, ...entries.map(([code, entry]) => explained(code, entry, rank(code)))].join("\n");
}

/** What a code does to the step: the kind and exit code of an error, the severity of a finding. */
function rank(code: string): string {
  const kind = new Map(Object.entries(errorKinds)).get(code);
  if (kind !== undefined) return `error, ${kind}, exit code ${failureExitCode(kind)}`;
  const severity = new Map<string, Severity>(Object.entries(findingSeverities)).get(code);
  return severity === undefined ? "" : `finding, ${severityWords[severity]}`;
}

function explained(code: string, { title, means, matters, todo, green }: Entry, rankText: string): string {
  const lines = [`### ${code}\n`, `**${capitalised(title)}**${rankText === "" ? "" : ` (${rankText})`}\n`, means];
  if (matters !== undefined) lines.push(`\n_Why it matters:_ ${matters}`);
  lines.push(`\n_What to do:_ ${todo}`);
  if (green !== undefined) lines.push(`\n_Stays green:_ ${green}`);
  return `${lines.join("\n")}\n`;
}

function statusesSection(): string {
  return [
    `## ${statusesTitle}

\`status.status\` in the JSON of \`stanza list\` and \`stanza create\`. In \`stanza list\` also \`flags[].code\`, where the stanza exists but something is wrong with its backups, and \`disagreement\`, where PGO's own status contradicts pgBackRest.
`,
    ...Object.entries(stanzaStatuses).map(([code, entry]) => explained(code, entry, "status")),
    ...Object.entries(stanzaFlags).map(([code, entry]) => explained(code, entry, "flag")),
    ...Object.entries(stanzaDisagreements).map(([code, entry]) => explained(code, entry, "disagreement")),
  ].join("\n");
}

function passedSection(): string {
  const rows = Object.entries(passedChecks).map(([code, text]) => `| <a id="${code}"></a>\`${code}\` | ${text} |`);
  return `## ${passedTitle}

| code | what was found to be right |
| --- | --- |
${rows.join("\n")}
`;
}

/** Not a name such as pg_hba or pgBackRest. */
function capitalised(text: string): string {
  return /^[a-z]+\b/.test(text) && !text.startsWith("pg") ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

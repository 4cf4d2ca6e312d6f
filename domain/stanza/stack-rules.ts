import { findingsAt, type Finding } from "../finding.ts";
import { formatObjectName } from "../kubernetes/object-name.ts";
import { explainIssue, problemText } from "../problems.ts";
import { stanzaCreateRequestSchema } from "./create.ts";

/** A command of a stack that is about stanzas, as it is declared. */
export interface StanzaCommand {
  /** What it reads from stdin, parsed; undefined when that is not JSON. */
  readonly request: unknown;
  /** How long the engine lets it run, in seconds; 0 when nothing is declared. */
  readonly timeLimit: number;
}

/** What is wrong with the text of any command, as far as stanzas are concerned. */
export function stanzaTextFindings(text: string, where: string): Finding[] {
  const at = findingsAt(where);
  const [, verb] = /\bpgbackrest\b[^\n;|&]*\bstanza-(create|upgrade|delete)\b/.exec(text) ?? [];
  if (verb === undefined) return [];
  const fix = "declare a target instead: postgres-recovery stanza create";
  if (verb !== "create") return [at.refuse("stanza-command-forbidden", `runs pgbackrest stanza-${verb}`, fix)];
  return [at.refuse("stanza-command-unchecked", "runs pgbackrest stanza-create without its checks and its dump", fix)];
}

/** What is wrong with one run of `postgres-recovery stanza create` in a stack. */
export function stanzaCommandFindings({ request, timeLimit }: StanzaCommand, where: string): Finding[] {
  const at = findingsAt(where);
  const { data, error } = stanzaCreateRequestSchema.safeParse(request, { error: explainIssue });
  const limit =
    timeLimit > 0
      ? []
      : [at.refuse("stanza-without-time-limit", "has no time limit of its own", "give it customTimeouts.create")];
  if (data === undefined) {
    const problems = problemText(error).replaceAll("\n", " ");
    return [...limit, at.refuse("stanza-request-invalid", problems, "compare it with docs/schema")];
  }
  const { dump } = data;
  const findings = [...limit];
  if ("directory" in dump && !dump.directory.startsWith("s3://")) {
    const fix = "name a bucket, s3://BUCKET/PREFIX, or make sure that the disk is encrypted";
    findings.push(at.warn("stanza-dump-on-disk", "dumps all databases to a disk of whoever runs `up`", fix));
  }
  return findings;
}

/** A run of `stanza create` among those of its stack. */
export interface DeclaredRun {
  /** The resource, for people. */
  readonly where: string;
  readonly request: unknown;
}

/**
 * What is wrong with the runs of a stack together.
 *
 * @param held names of the targets on hold, as NAMESPACE/CLUSTER.
 */
export function stanzaStackFindings(runs: readonly DeclaredRun[], held: readonly string[]): Finding[] {
  const clusters = new Map<string, string>();
  const findings: Finding[] = [];
  for (const { request, where } of runs) {
    const { data } = stanzaCreateRequestSchema.safeParse(request);
    if (data === undefined) continue;
    const cluster = formatObjectName(data.cluster);
    const earlier = clusters.get(cluster);
    if (earlier !== undefined) {
      const what = `works on ${cluster}, as ${earlier} does`;
      findings.push(findingsAt(where).refuse("stanza-target-twice", what, "keep one of them"));
    }
    clusters.set(cluster, where);
    if (held.includes(cluster)) {
      const fix = "remove the hold, or the command";
      findings.push(findingsAt(where).refuse("stanza-target-held", `works on ${cluster}, which is on hold`, fix));
    }
  }
  return findings;
}

import { z } from "zod";
import { findingsAt } from "../../finding.ts";
import { parsedJson } from "../../text.ts";
import type { Judged } from "./checks.ts";

/** What Harbor's `/api/v2.0/health` answers. */
const healthSchema = z.object({
  status: z.string(),
  components: z.array(z.object({ name: z.string(), status: z.string(), error: z.string().optional() })).default([]),
});

/** An HTTP answer, or why there is none. */
export type HttpAnswer = { readonly status: number; readonly body: string } | { readonly failed: string };

export interface HarborAnswers {
  readonly url: string;
  /** Of `/api/v2.0/health`. */
  readonly health: HttpAnswer;
  /** Of `/api/v2.0/projects`, which Harbor reads from the database. */
  readonly projects: HttpAnswer;
}

/** Whether Harbor works on the restored database. */
export function judgeHarbor({ url, health, projects }: HarborAnswers): Judged {
  const at = findingsAt(url);
  const expected = "Harbor is healthy and lists its projects";
  const fix = "see the Harbor operator's status of the HarborCluster, and the log of Harbor's core";
  if ("failed" in health) {
    const what = `Harbor does not answer: ${health.failed}`;
    const reach = "set restore.proof.harbor.url to where this machine reaches Harbor, or correct DNS and certificate";
    return { expected, found: "no answer", findings: [at.unknown("restored-harbor-unknown", what, reach)] };
  }
  const problem = healthProblem(health) ?? projectsProblem(projects);
  const found = problem ?? "healthy, and the projects are listed";
  if (problem !== undefined) {
    return { expected, found, findings: [at.refuse("restored-harbor-unhealthy", problem, fix)] };
  }
  return { expected, found, findings: [at.ok("restored-harbor-answers", `is ${found}`)] };
}

/** Harbor was not asked, for a reason that a person has written. */
export function skippedHarbor(where: string, reason: string): Judged {
  const what = `Harbor was not asked: ${reason}`;
  return {
    expected: "Harbor is healthy and lists its projects",
    found: "not asked",
    findings: [findingsAt(where).warn("restored-harbor-not-asked", what, "")],
  };
}

/** Whether Harbor is healthy by now, so that waiting can end. */
export function isHealthy({ health, projects }: HarborAnswers): boolean {
  return !("failed" in health) && (healthProblem(health) ?? projectsProblem(projects)) === undefined;
}

function healthProblem({ status, body }: Exclude<HttpAnswer, { failed: string }>): string | undefined {
  const { data } = healthSchema.safeParse(parsedJson(body));
  if (data === undefined) return `/api/v2.0/health answers HTTP ${status} with something else than Harbor does`;
  if (status === 200 && data.status === "healthy") return undefined;
  const ill = data.components.filter((component) => component.status !== "healthy").map(({ name }) => name);
  return `Harbor says ${data.status}${ill.length === 0 ? "" : `: ${ill.join(", ")}`}`;
}

function projectsProblem(answer: HttpAnswer): string | undefined {
  if ("failed" in answer) return `/api/v2.0/projects does not answer: ${answer.failed}`;
  if (answer.status !== 200) return `/api/v2.0/projects answers HTTP ${answer.status}`;
  return Array.isArray(parsedJson(answer.body))
    ? undefined
    : "/api/v2.0/projects answers with something else than a list";
}

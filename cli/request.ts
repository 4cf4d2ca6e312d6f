import { text } from "node:stream/consumers";
import type { z } from "zod";
import type { KubernetesTarget } from "../clients/kubernetes/api.ts";
import { messageOf, RecoveryError } from "../domain/errors.ts";
import { rememberPlace } from "./hints.ts";
import type { CommonOptions } from "./options.ts";
import { kubernetesTarget } from "./session.ts";
import type { ObjectName } from "../domain/kubernetes/object-name.ts";
import { explainIssue, problemText } from "../domain/problems.ts";
import { requestSchema, taskProblem, type RequestedStep, type RequestOf, type TaskOf } from "../domain/steps/steps.ts";

/** Options of a command that takes its request from stdin or from arguments. */
export interface RequestOptions extends CommonOptions {
  readonly request?: "-" | undefined;
}

/** The request of a step, and the Kubernetes cluster to run it on. */
export interface Asked<Name extends RequestedStep> {
  readonly request: TaskOf<Name>;
  readonly target: KubernetesTarget;
}

/**
 * One JSON request from stdin (`--request -`), or the request that the arguments make.
 *
 * @throws RecoveryError `usage` that lists everything that is wrong with it.
 */
export async function askedOf<Name extends RequestedStep>(
  step: Name,
  cluster: ObjectName | undefined,
  options: Omit<RequestOptions, "output">,
  ofArguments: (cluster: ObjectName) => TaskOf<Name>,
): Promise<Asked<Name>> {
  if (options.request !== undefined && cluster !== undefined)
    throw new RecoveryError("cluster-not-named", "name a cluster or give `--request -`, but not both");
  if (options.request === undefined && cluster === undefined)
    throw new RecoveryError("cluster-not-named", "name one cluster, as NAMESPACE/NAME");
  if (cluster === undefined) {
    const request = await requestFromStdin(step);
    const target = kubernetesTarget({ ...options, ...request.kubernetes });
    rememberPlace(target);
    return { request, target };
  }
  const request = ofArguments(cluster);
  const problem = taskProblem(step, request);
  if (problem !== undefined) throw invalid(problem);
  const target = kubernetesTarget(options);
  rememberPlace(target);
  return { request, target };
}

/** The request on stdin, with the Kubernetes cluster that it names. */
export async function requestFromStdin<Name extends RequestedStep>(step: Name): Promise<RequestOf<Name>> {
  return validated(requestSchema(step), await fromStdin());
}

/** @throws RecoveryError `usage` that names fields and problems, but no values. */
export function validated<Request>(schema: z.ZodType<Request>, request: unknown): Request {
  const result = schema.safeParse(request, { error: explainIssue });
  if (!result.success) throw invalid(problemText(result.error));
  return result.data;
}

function invalid(problem: string): RecoveryError {
  return new RecoveryError("request-invalid", `the request is not valid:\n${problem}`);
}

async function fromStdin(): Promise<unknown> {
  try {
    return JSON.parse(await text(process.stdin));
  } catch (error) {
    // Neither quoted nor kept as the cause: Node's message quotes the text, which may contain keys.
    if (error instanceof SyntaxError)
      throw new RecoveryError("request-unreadable", "the request on stdin is not JSON: it cannot be parsed");
    throw new RecoveryError("request-unreadable", `the request on stdin cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

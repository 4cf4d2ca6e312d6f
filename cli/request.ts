import { text } from "node:stream/consumers";
import { z } from "zod";
import type { KubernetesTarget } from "../clients/kubernetes/api.ts";
import { messageOf, RecoveryError } from "../domain/errors.ts";
import type { CommonOptions } from "./options.ts";
import { kubernetesTarget } from "./session.ts";
import type { KubernetesAccess } from "../domain/kubernetes/access.ts";

/** Options of a command that takes its request from stdin or from arguments. */
export interface RequestOptions extends CommonOptions {
  readonly request?: string;
}

/** Where the Zalando operator and its objects are. */
export interface OperatorOptions {
  readonly operatorNamespace: string;
  readonly podConfig: string;
  readonly podSecret: string;
  readonly operatorConfigMap?: string;
  readonly operatorConfiguration?: string;
}

/** The part `operator` of a request. */
export function operatorOf({
  operatorNamespace,
  podConfig,
  podSecret,
  operatorConfigMap,
  operatorConfiguration,
}: OperatorOptions): object {
  const resource = operatorConfiguration === undefined ? undefined : { operatorConfiguration };
  const configuration = operatorConfigMap === undefined ? resource : { configMap: operatorConfigMap };
  return given({ namespace: operatorNamespace, podConfig, podSecret, configuration });
}

/** What is asked, and of which Kubernetes cluster. */
export interface Asked<Request> {
  readonly request: Request;
  readonly target: KubernetesTarget;
}

/**
 * One JSON request from stdin (`--request -`), or the one that the arguments make.
 *
 * @param fromArguments the part of the request that is this command's own.
 * @throws RecoveryError `usage` that lists everything that is wrong with it.
 */
export async function requestOf<Request extends { readonly kubernetes: KubernetesAccess }>(
  schema: z.ZodType<Request>,
  cluster: string | undefined,
  options: Omit<RequestOptions, "timeout">,
  fromArguments: (cluster: string) => object,
): Promise<Asked<Request>> {
  if ((options.request !== undefined) === (cluster !== undefined)) {
    throw new RecoveryError("cluster-not-named", "name either one cluster as NAMESPACE/NAME or `--request -`");
  }
  if (cluster === undefined) {
    const request = validated(schema, await fromStdin());
    return { request, target: kubernetesTarget({ ...options, ...request.kubernetes }) };
  }
  // The kubeconfig's current context has no name here.
  const common = { version: 1, kubernetes: { context: options.context ?? "-" }, cluster };
  return { request: validated(schema, { ...common, ...fromArguments(cluster) }), target: kubernetesTarget(options) };
}

/** Values that were given; an absent option is no key. */
export function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** @throws RecoveryError `usage` that names fields and problems, and no value. */
export function validated<Request>(schema: z.ZodType<Request>, request: unknown): Request {
  const result = schema.safeParse(request);
  if (!result.success)
    throw new RecoveryError("request-invalid", `the request is not valid:\n${z.prettifyError(result.error)}`);
  return result.data;
}

async function fromStdin(): Promise<unknown> {
  try {
    return JSON.parse(await text(process.stdin));
  } catch (error) {
    // Neither quoted nor a cause: Node's message quotes the text, and keys may stand in it.
    if (error instanceof SyntaxError)
      throw new RecoveryError("request-unreadable", "the request on stdin is not JSON: it cannot be parsed");
    throw new RecoveryError("request-unreadable", `the request on stdin cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

import { text } from "node:stream/consumers";
import { z } from "zod";
import { messageOf, RecoveryError } from "../domain/errors.ts";
import { parseClusterName, type ClusterName } from "../domain/postgres-cluster.ts";
import type { CommonOptions } from "./options.ts";

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
export function operatorOf({ operatorNamespace, podConfig, podSecret, operatorConfigMap, operatorConfiguration }: OperatorOptions): object {
  const resource = operatorConfiguration === undefined ? undefined : { operatorConfiguration };
  const configuration = operatorConfigMap === undefined ? resource : { configMap: operatorConfigMap };
  return given({ namespace: operatorNamespace, podConfig, podSecret, configuration });
}

/**
 * One JSON request from stdin (`--request -`), or the one that the arguments make.
 *
 * @throws RecoveryError `usage` that lists everything that is wrong with it.
 */
export async function requestOf<Request>(
  schema: z.ZodType<Request>,
  cluster: string | undefined,
  options: Pick<RequestOptions, "request">,
  fromArguments: (cluster: string) => object,
): Promise<Request> {
  if ((options.request !== undefined) === (cluster !== undefined)) {
    throw new RecoveryError("usage", "name either one HarborCluster as NAMESPACE/NAME or `--request -`");
  }
  return validated(schema, cluster === undefined ? await fromStdin() : fromArguments(cluster));
}

/** The HarborCluster of a request. */
export function harborOf({ cluster }: { readonly cluster: string }): ClusterName {
  const harbor = parseClusterName(cluster);
  if (harbor === undefined) throw new RecoveryError("usage", `"${cluster}" is not NAMESPACE/NAME`);
  return harbor;
}

/** Values that were given; an absent option is no key. */
export function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** @throws RecoveryError `usage` that names fields and problems, and no value. */
export function validated<Request>(schema: z.ZodType<Request>, request: unknown): Request {
  const result = schema.safeParse(request);
  if (!result.success) throw new RecoveryError("usage", `the request is not valid:\n${z.prettifyError(result.error)}`);
  return result.data;
}

async function fromStdin(): Promise<unknown> {
  try {
    return JSON.parse(await text(process.stdin));
  } catch (error) {
    // Node's message quotes the text, and keys may stand in it.
    throw new RecoveryError("usage", `the request on stdin is not JSON: ${error instanceof SyntaxError ? "it cannot be parsed" : messageOf(error)}`);
  }
}

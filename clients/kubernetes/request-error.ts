import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { ErrorCode } from "../../domain/catalogue/error-codes.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { cloudNativePgApi } from "../../domain/fleet/cloud-native-pg.ts";
import { harborClusterApi, postgresqlApi } from "../../domain/harbor/names.ts";
import { postgresClusterApi } from "../../domain/stanza/postgres-cluster.ts";
import { parsedJson } from "../../domain/text.ts";
import { ApiAnswer } from "./api-connection.ts";

/** Where requests go, for their errors. */
export interface Connection {
  readonly context: string;
  readonly server: string;
  /** The kubeconfig's name for the user. */
  readonly user: string;
}

/** The codes of failed requests to the API server. */
export type RequestCode = Extract<ErrorCode, `kubernetes-${string}`>;

/** A request to the API server that got no usable answer. */
export class RequestError extends RecoveryError {
  /** HTTP status; undefined when no answer arrived at all. */
  readonly httpStatus: number | undefined;
  /** Whether the failure is temporary, so that the same request may succeed a little later. */
  readonly passing: boolean;
  /** How long the API server asks the client to wait. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: RequestCode,
    message: string,
    about: {
      readonly next: string;
      readonly cause?: unknown;
      readonly httpStatus?: number;
      readonly passing?: boolean;
      readonly retryAfterSeconds?: number | undefined;
    },
  ) {
    super(code, message, about);
    this.httpStatus = about.httpStatus;
    this.passing = about.passing ?? false;
    this.retryAfterSeconds = about.retryAfterSeconds;
  }
}

/** What a failed request means, and what a person can do about it. `what` is its verb and resource, such as `list pods`. */
export function requestError(connection: Connection, what: string, error: unknown): RequestError {
  if (error instanceof ApiAnswer) return answerError(connection, what, error);
  const where = `context ${connection.context}: `;
  const network = networkProblem(error);
  if (network !== undefined) {
    return new RequestError(
      "kubernetes-unreachable",
      `${where}the API server ${connection.server} does not answer (${what}): ${network.text}`,
      {
        next: `check the network, VPN and proxy from here to it: kubectl --context ${connection.context} version`,
        cause: error,
        passing: network.passing,
      },
    );
  }
  // Errors of parsing quote the answer, which may contain a secret. So it is neither quoted here nor kept as the cause.
  return new RequestError(
    "kubernetes-answer-unreadable",
    `${where}the answer of ${connection.server} cannot be read (${what})`,
    { next: "see whether something else than a Kubernetes API server answers there, such as a proxy's login page" },
  );
}

function answerError({ context, user, server }: Connection, what: string, answer: ApiAnswer): RequestError {
  const { httpStatus, body, headers } = answer;
  const where = `context ${context}: `;
  const status = statusOf(body);
  const reason = status?.message ?? `HTTP ${httpStatus}`;
  switch (httpStatus) {
    case 401:
      return new RequestError(
        "kubernetes-unauthorized",
        `${where}the API server ${server} does not accept the credentials of the kubeconfig's user ${user}: the login has expired, or belongs to another cluster (${what})`,
        { next: "log in to the cluster again, then run again", cause: answer, httpStatus },
      );
    case 403:
      return new RequestError("kubernetes-forbidden", `${where}not allowed to ${what}: ${reason}`, {
        next: forbiddenNext(what, reason),
        cause: answer,
        httpStatus,
      });
    case 404:
      // The answer for a missing object is a Status; for a resource that is not installed it is a plain page.
      if (status !== undefined) break;
      return new RequestError("kubernetes-resource-unknown", `${where}${server} knows no ${notInstalled(what)}`, {
        next: "check that --context names the right cluster",
        cause: answer,
      });
    case 429: {
      const retryAfterSeconds = waitOf(headers);
      const wait = retryAfterSeconds === undefined ? "" : `, and asks to wait ${retryAfterSeconds} s`;
      return new RequestError(
        "kubernetes-overloaded",
        `${where}the API server ${server} has too much to do (${what})${wait}`,
        { next: "run again later", cause: answer, httpStatus, passing: true, retryAfterSeconds },
      );
    }
  }
  return new RequestError(
    "kubernetes-failed",
    `${where}the API server ${server} failed (${what}): HTTP ${httpStatus}: ${reason}`,
    {
      next: "see the API server's log",
      cause: answer,
      httpStatus,
      passing: httpStatus >= 500,
      retryAfterSeconds: httpStatus >= 500 ? waitOf(headers) : undefined,
    },
  );
}

function forbiddenNext(what: string, reason: string): string {
  const role = "ask for the role of this command in docs/permissions.md";
  // Only `stanza list` lists clusters, in all namespaces unless told otherwise; then the API server names the one.
  const isEverywhere = what === "list postgresclusters" && !reason.includes("in the namespace");
  return isEverywhere ? `${role}; with rights in one namespace only, list with -n NAMESPACE` : role;
}

/** Resources of operators. An API server may lack them. */
const operatorResources = [
  { ...postgresClusterApi, operator: "Crunchy PGO" },
  { ...postgresqlApi, operator: "the Zalando operator" },
  { ...postgresqlApi, plural: "operatorconfigurations", operator: "the Zalando operator's CRD for its configuration" },
  { ...harborClusterApi, operator: "the Harbor operator" },
  { ...cloudNativePgApi, operator: "CloudNativePG" },
];

function notInstalled(what: string): string {
  const resource = operatorResources.find(({ plural }) => what.endsWith(` ${plural}`));
  if (resource === undefined) return `such resource (${what})`;
  return `${resource.plural}.${resource.group} of ${resource.version} (${what}): ${resource.operator} is not installed in this Kubernetes cluster`;
}

/** What a refused remote command means. `message` comes from the API server and may not name the missing permission. */
export function execRefusal({ server, user }: Connection, httpStatus: number, message: string): string {
  const reason = message.replace(/:\s*$/, "");
  switch (httpStatus) {
    case 401:
      return `${server} does not accept the credentials of the kubeconfig's user ${user} any more`;
    case 403:
      return `not allowed to get and create pods/exec: ${reason}`;
    default:
      return reason;
  }
}

const statusSchema = z.object({ kind: z.literal("Status"), message: z.string() });

function statusOf(body: string): z.infer<typeof statusSchema> | undefined {
  return statusSchema.safeParse(parsedJson(body)).data;
}

function waitOf(headers: IncomingHttpHeaders): number | undefined {
  const text = headers["retry-after"];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Temporary: a connection refused, reset or cut, or a failing name server. A wrong certificate or an unknown name is not. */
const passingCodes = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"]);
const coded = z.object({ code: z.string() });

function networkProblem(error: unknown): { text: string; passing: boolean } | undefined {
  // When the signal has ended a request, the reason is in `cause`.
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (cause instanceof Error && cause.name === "TimeoutError") return { text: "no answer in time", passing: false };
  const { data } = coded.safeParse(cause);
  if (data === undefined) return undefined;
  // An error about several addresses that were tried at once has a code but no text.
  return { text: messageOf(cause) || data.code, passing: passingCodes.has(data.code) };
}

import { once } from "node:events";
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from "node:http";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { pipeline, type Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import { createGunzip } from "node:zlib";
import type { KubeConfig } from "./lean-kubeconfig.ts";

/** An answer of the API server that is not a success. */
export class ApiAnswer extends Error {
  readonly httpStatus: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;

  constructor(httpStatus: number, body: string, headers: IncomingHttpHeaders) {
    super(`HTTP ${httpStatus}`);
    this.httpStatus = httpStatus;
    this.body = body;
    this.headers = headers;
  }
}

/** A request that writes: its method, content type and body. */
export interface Change {
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly contentType: "application/json" | "application/apply-patch+yaml";
  readonly body: object;
}

/** Sends requests to the API server of a kubeconfig's current context, with its credentials, certificates and proxy. */
export class ApiConnection {
  readonly #config: KubeConfig;
  #context: { readonly inputs: SecureContextOptions; readonly made: SecureContext } | undefined;

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** The full URL of a path of the API. The server's URL may itself have a path, as behind Rancher. */
  url(path: string): string {
    return `${(this.#config.getCurrentCluster()?.server ?? "").replace(/\/+$/, "")}${path}`;
  }

  /** Options for a request or a WebSocket. */
  async options(): Promise<RequestOptions & { secureContext: SecureContext }> {
    const options: RequestOptions & SecureContextOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    return { ...options, secureContext: this.#secureContext(options) };
  }

  /**
   * The JSON answer to a GET, or to `change` if there is one.
   *
   * @throws ApiAnswer when the server refuses the request; else an error of the connection or of parsing, or the signal's
   * reason.
   */
  async ask(path: string, signal: AbortSignal, change?: Change): Promise<unknown> {
    const url = this.url(path);
    const options = await this.options();
    const method = change?.method ?? "GET";
    const request = (url.startsWith("https:") ? httpsRequest : httpRequest)(url, { ...options, method, signal });
    request.setHeader("Accept", "application/json").setHeader("Accept-Encoding", "gzip");
    if (change === undefined) request.end();
    else sendBody(request, change);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const body = await text(uncompressed(response));
    const httpStatus = response.statusCode ?? 0;
    if (![200, 201, 202].includes(httpStatus)) throw new ApiAnswer(httpStatus, body, response.headers);
    return JSON.parse(body);
  }

  /** Created once for all connections: Node would parse the certificates for each, which costs more than the handshake. */
  #secureContext({ ca, cert, key, pfx, passphrase }: SecureContextOptions): SecureContext {
    const inputs = { ca, cert, key, pfx, passphrase };
    if (this.#context !== undefined && isDeepStrictEqual(this.#context.inputs, inputs)) return this.#context.made;
    this.#context = { inputs, made: createSecureContext(inputs) };
    return this.#context.made;
  }
}

function sendBody(request: ClientRequest, { body, contentType }: Change): void {
  const content = Buffer.from(JSON.stringify(body));
  // Without a length, Node sends the body of a DELETE so that no server reads it: the delete would have no conditions.
  request.setHeader("Content-Length", content.length);
  // The content type of a server-side apply is YAML, and JSON is valid YAML.
  request.setHeader("Content-Type", contentType).end(content);
}

function uncompressed(response: IncomingMessage): Readable {
  if (response.headers["content-encoding"] !== "gzip") return response;
  // The reader of the last stream gets the same errors, so the callback ignores them.
  return pipeline(response, createGunzip(), () => undefined);
}

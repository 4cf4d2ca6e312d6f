import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { getCACertificates } from "node:tls";
import { messageOf } from "../domain/errors.ts";
import type { HttpAnswer } from "../domain/restore/proof/harbor.ts";

/** Where Harbor is, and how its certificate is judged. */
export interface HarborApiAccess {
  /** `http(s)://HOST[:PORT]`. */
  readonly url: string;
  /** Certificates (PEM) of authorities that are trusted besides the usual ones. */
  readonly authorities: readonly string[];
  /** true: any certificate is accepted. */
  readonly insecure: boolean;
}

/** Asks Harbor's API for a path, anonymously. Tests replace it. */
export type AskHarbor = (access: HarborApiAccess, path: string, signal: AbortSignal) => Promise<HttpAnswer>;

const answerSeconds = 20;

/** A page of projects is far smaller. */
const answerBytes = 1024 * 1024;

/** The real one. A redirect is an answer, and is not followed. */
export const askHarbor: AskHarbor = async ({ url, authorities, insecure }, path, signal) => {
  const address = new URL(path, url);
  const bound = AbortSignal.any([signal, AbortSignal.timeout(answerSeconds * 1000)]);
  const send = address.protocol === "https:" ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const sent = send(
    address,
    { signal: bound, ca: [...getCACertificates(), ...authorities], rejectUnauthorized: !insecure, agent: false },
    (response) => {
      bodyOf(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, body });
      }, reject);
    },
  );
  sent.on("error", reject);
  sent.end();
  try {
    return await promise;
  } catch (error) {
    signal.throwIfAborted();
    return { failed: bound.aborted ? `no answer within ${answerSeconds} s` : messageOf(error) };
  }
};

/** @throws when the answer is cut off, or has more than a megabyte. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytes) throw new Error(`the answer has more than ${answerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

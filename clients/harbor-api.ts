import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { rootCertificates } from "node:tls";
import { text } from "node:stream/consumers";
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

/** The real one. A redirect is an answer, and is not followed. */
export const askHarbor: AskHarbor = async ({ url, authorities, insecure }, path, signal) => {
  const address = new URL(path, url);
  const bound = AbortSignal.any([signal, AbortSignal.timeout(answerSeconds * 1000)]);
  const send = address.protocol === "https:" ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const sent = send(
    address,
    { signal: bound, ca: [...rootCertificates, ...authorities], rejectUnauthorized: !insecure, agent: false },
    (response) => {
      text(response).then((body) => {
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

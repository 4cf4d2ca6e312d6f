import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";

/** A place to stop a program: at one of its writes, before it is carried out or after it, when nobody has the answer yet. */
export interface KillPoint {
  /** What the write is about, such as `DELETE /api/v1/namespaces/harbor/pods/db-0`. */
  readonly write: string;
  readonly side: "before" | "after";
}

/**
 * Sees every write of a program, through all proxies around it, and stops the program at one of them.
 *
 * The program is stopped first, and its connection is cut afterwards. So it can neither try again nor tidy up.
 */
export class WriteGate {
  /** All points that the program has passed since {@link watch}, in their order. */
  readonly passed: KillPoint[] = [];
  #stopsAt: (point: KillPoint) => boolean = () => false;
  #stop: () => Promise<void> = () => Promise.resolve();
  #stopping: Promise<void> | undefined;
  #stoppedAt: KillPoint | undefined;

  /** Forgets what was seen, and watches the next run. `stop` is called once, at the first write for which `stopsAt` is true. */
  watch(stopsAt: (point: KillPoint) => boolean, stop: () => Promise<void>): void {
    this.passed.length = 0;
    this.#stopsAt = stopsAt;
    this.#stop = stop;
    this.#stopping = undefined;
    this.#stoppedAt = undefined;
  }

  /** Lets everything pass again. */
  open(): void {
    this.#stopsAt = () => false;
    this.#stopping = undefined;
  }

  /** Where the program was stopped; undefined if it was not. */
  get stoppedAt(): KillPoint | undefined {
    return this.#stoppedAt;
  }

  /** Whether the request, or its answer, may go on. */
  async passes(point: KillPoint): Promise<boolean> {
    if (this.#stopping === undefined && this.#stopsAt(point)) {
      this.#stoppedAt = point;
      this.#stopping = this.#stop();
    }
    if (this.#stopping === undefined) {
      this.passed.push(point);
      return true;
    }
    await this.#stopping;
    return false;
  }
}

/** Forwards one request that may change something, with its whole body, past the gate. */
export async function forwardPast(
  gate: WriteGate,
  request: IncomingMessage,
  response: ServerResponse,
  {
    nameOf,
    open,
  }: { nameOf: (body: Buffer) => string | undefined; open: (headers: IncomingHttpHeaders) => ClientRequest },
): Promise<void> {
  const body = await buffer(request);
  const write = nameOf(body);
  const passes = (side: KillPoint["side"]): Promise<boolean> =>
    write === undefined ? Promise.resolve(true) : gate.passes({ write, side });
  if (!(await passes("before"))) {
    request.socket.destroy();
    return;
  }
  const forwarded = open(headersOf(request, body));
  const answered = once(forwarded, "response") as Promise<[IncomingMessage]>;
  forwarded.end(body);
  const [answer] = await answered;
  const content = await buffer(answer);
  if (!(await passes("after"))) {
    request.socket.destroy();
    return;
  }
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders).end(content);
}

/** The whole body is sent at once, so its length is known. Node sends no body of unknown length with DELETE. */
function headersOf({ headers }: IncomingMessage, body: Buffer): IncomingHttpHeaders {
  const whole: IncomingHttpHeaders = { ...headers, "content-length": String(body.length) };
  delete whole.expect;
  delete whole["transfer-encoding"];
  return whole;
}

/** Whether a request with this method may change something. */
export function mayWrite(method: string | undefined): boolean {
  return !["GET", "HEAD", "OPTIONS"].includes(method ?? "GET");
}

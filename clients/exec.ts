import { PassThrough, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { Exec as KubernetesExec, type KubeConfig, type V1Status } from "@kubernetes/client-node";
import { WebSocketHandler } from "@kubernetes/client-node/dist/web-socket-handler.js";
import { WebSocket, type ClientOptions } from "ws";
import { messageOf } from "../domain/errors.ts";

/** A container to run a command in. */
export interface ContainerName {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** How a remote command ended. Only `exited` proves that it ran to its end. */
export type ExecResult =
  | { readonly end: "exited"; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly end: "deadline"; readonly message: string }
  | { readonly end: "refused"; readonly httpStatus: number; readonly message: string }
  | { readonly end: "broken"; readonly message: string };

export interface ExecOptions {
  /** Seconds after which the connection is dropped. The remote command must bound itself, for it outlives the connection. */
  readonly deadlineSeconds: number;
  /** Where stdout goes; kept and returned as text when absent. It is ended, or destroyed with the error, by the exec. */
  readonly stdout?: Writable;
  /** Drops the connection; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Runs one command without a TTY and without stdin; the seam between the runbook's steps and the Kubernetes API. */
export type Exec = (container: ContainerName, argv: readonly string[], options: ExecOptions) => Promise<ExecResult>;

/**
 * Not v5, which the library would choose: the API server translates it to SPDY, and reports a connection to the kubelet
 * that was cut in the middle as `Success` (seen with kube-apiserver 1.36.3). v5 adds only the closing of stdin.
 */
const execProtocol = "v4.channel.k8s.io";
/** Far more than pgBackRest's report of thousands of backups; what is cut there does not parse. */
const keptStdoutBytes = 64 * 1024 * 1024;
/** Error messages of remote commands are short; a flood of them is not kept. */
const keptStderrBytes = 64 * 1024;

/** An {@link Exec} over WebSocket to the API server of the current context. */
export function kubernetesExec(config: KubeConfig): Exec {
  return async (container, argv, options) => {
    options.signal?.throwIfAborted();
    const own = options.stdout === undefined ? new Collected(keptStdoutBytes) : undefined;
    const stdout = own?.stream ?? options.stdout ?? new PassThrough();
    const stderr = new Collected(keptStderrBytes);
    const end = await connectionEnd(config, container, argv, stdout, stderr.stream, options);
    if (end.end !== "exited") {
      stdout.destroy(new Error(end.message));
      return end;
    }
    stdout.end();
    return { ...end, stdout: (await own?.text()) ?? "", stderr: await stderr.text() };
  };
}

type ConnectionEnd = Exclude<ExecResult, { end: "exited" }> | { end: "exited"; code: number };

async function connectionEnd(
  config: KubeConfig,
  { namespace, pod, container }: ContainerName,
  argv: readonly string[],
  stdout: Writable,
  stderr: Writable,
  options: ExecOptions,
): Promise<ConnectionEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<ConnectionEnd>();
  let socket: WebSocket | undefined;
  const open = (uri: string, _protocols: string[], connectionOptions: ClientOptions): WebSocket => {
    socket = new WebSocket(uri, execProtocol, connectionOptions);
    socket.on("unexpected-response", (request, response) => {
      const body = new Collected(keptStderrBytes);
      response.pipe(body.stream);
      void body.text().then((text) => {
        resolve({ end: "refused", httpStatus: response.statusCode ?? 0, message: refusal(text) });
        request.destroy();
      });
    });
    socket.on("error", (error) => {
      resolve({ end: "broken", message: error.message });
    });
    socket.on("close", (code) => {
      resolve({ end: "broken", message: `the connection closed without an exit status (WebSocket code ${code})` });
    });
    // The library writes without waiting: without this, a slow disk would fill the memory.
    socket.on("message", () => {
      if (!stdout.writableNeedDrain) return;
      socket?.pause();
      stdout.once("drain", () => socket?.resume());
    });
    return socket;
  };
  const timer = setTimeout(() => {
    resolve({ end: "deadline", message: `no answer within ${options.deadlineSeconds} s` });
  }, options.deadlineSeconds * 1000);
  const onAbort = (): void => {
    reject(options.signal?.reason instanceof Error ? options.signal.reason : new Error("aborted"));
  };
  options.signal?.addEventListener("abort", onAbort, { once: true });
  const unused = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const exec = new KubernetesExec(config, new WebSocketHandler(config, open, unused));
  try {
    exec
      .exec(namespace, pod, container, [...argv], stdout, stderr, null, false, (status) => {
        resolve(statusEnd(status));
      })
      .catch((error: unknown) => {
        // Refusals and broken connections have been reported by the socket itself, with more detail.
        if (socket === undefined) resolve({ end: "broken", message: messageOf(error) });
      });
    return await promise;
  } catch (error) {
    stdout.destroy(error instanceof Error ? error : undefined);
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
    socket?.terminate();
  }
}

function statusEnd(status: V1Status): ConnectionEnd {
  if (status.status === "Success") return { end: "exited", code: 0 };
  const exitCode = status.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  const message = status.message ?? "the API server gave no reason";
  return exitCode === undefined ? { end: "broken", message } : { end: "exited", code: Number(exitCode) };
}

/** The message of the API server's Status object, or the text as it is (a proxy's page, say), shortened. */
function refusal(body: string): string {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status === "object" && status !== null && "message" in status) return String(status.message);
  } catch {
    // Not a Status object.
  }
  return body.trim().slice(0, 300);
}

/** A stream whose bytes are kept, up to a limit, and decoded as a whole: a character may be split across frames. */
class Collected {
  readonly stream = new PassThrough();
  readonly #chunks: Buffer[] = [];
  readonly #done: Promise<void>;

  constructor(limit: number) {
    let bytes = 0;
    this.stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) this.#chunks.push(chunk);
    });
    this.#done = finished(this.stream);
    // A connection that breaks destroys the stream; its result already says so.
    this.#done.catch(() => undefined);
  }

  async text(): Promise<string> {
    await this.#done;
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

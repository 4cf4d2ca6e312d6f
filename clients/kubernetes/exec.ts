import { PassThrough, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { WebSocket } from "ws";
import { z } from "zod";
import { messageOf } from "../../domain/errors.ts";
import type { ContainerName } from "../../domain/kubernetes/container.ts";
import { parsedJson } from "../../domain/text.ts";
import type { ApiConnection } from "./api-connection.ts";

/** How a remote command ended. Only `exited` proves that it ran to its end. */
export type ExecResult =
  | { readonly end: "exited"; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly end: "deadline"; readonly message: string }
  | { readonly end: "refused"; readonly httpStatus: number; readonly message: string }
  | { readonly end: "broken"; readonly message: string };

export interface ExecOptions {
  /** Seconds after which the connection is dropped. The remote command outlives it, so it needs a time limit of its own. */
  readonly deadlineSeconds: number;
  /** Receives stdout; when absent, stdout is returned as text. The exec ends the stream, or destroys it with the error. */
  readonly stdout?: Writable;
  /** How much stdout is returned as text, at most; default 64 MiB. A command that prints more ends as `broken`. */
  readonly stdoutBytes?: number;
  /**
   * Written to the command's stdin, which then stays open: the protocol cannot close it. A command that reads to the end
   * must be told how much comes, for instance with `head -c`. Unlike argv, it is in no log of the API server.
   */
  readonly stdin?: string;
  /** Drops the connection; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Runs one command without a TTY. Tests replace it to run the steps without a Kubernetes API. */
export type Exec = (container: ContainerName, argv: readonly string[], options: ExecOptions) => Promise<ExecResult>;

/**
 * Not v5, the newest: with it the API server reports `Success` even when its connection to the kubelet was cut in the
 * middle, because it translates v5 to SPDY (seen with kube-apiserver 1.36.3). v5 only adds the closing of stdin.
 */
const execProtocol = "v4.channel.k8s.io";
/** The first byte of each message says to which stream the rest belongs (k8s.io/kubelet/pkg/cri/streaming/remotecommand). */
const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3 } as const;
/** Less than the largest message that a kubelet takes. */
const stdinBytes = 16 * 1024;
/** Far more than any command of the steps prints. */
const keptStdoutBytes = 64 * 1024 * 1024;
/** Error messages of remote commands are short. What exceeds this is dropped. */
const keptStderrBytes = 64 * 1024;

/** An {@link Exec} over WebSocket to the API server of the current context. */
export function kubernetesExec(api: ApiConnection): Exec {
  return async (container, argv, options) => {
    options.signal?.throwIfAborted();
    const limit = options.stdout === undefined ? (options.stdoutBytes ?? keptStdoutBytes) : Infinity;
    const own = options.stdout === undefined ? new Collected(limit) : undefined;
    const stdout = own?.stream ?? options.stdout ?? new PassThrough();
    const stderr = new Collected(keptStderrBytes);
    const end = await connectionEnd(api, container, argv, stdout, stderr.stream, { ...options, stdoutBytes: limit });
    if (end.end !== "exited") {
      stdout.destroy(new Error(end.message));
      return end;
    }
    stdout.end();
    stderr.stream.end();
    return { ...end, stdout: (await own?.text()) ?? "", stderr: await stderr.text() };
  };
}

type ConnectionEnd = Exclude<ExecResult, { end: "exited" }> | { end: "exited"; code: number };

async function connectionEnd(
  api: ApiConnection,
  container: ContainerName,
  argv: readonly string[],
  stdout: Writable,
  stderr: Writable,
  options: ExecOptions & { readonly stdoutBytes: number },
): Promise<ConnectionEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<ConnectionEnd>();
  const timer = setTimeout(() => {
    resolve({ end: "deadline", message: `no answer within ${options.deadlineSeconds} s` });
  }, options.deadlineSeconds * 1000);
  const onAbort = (): void => {
    reject(options.signal?.reason instanceof Error ? options.signal.reason : new Error("aborted"));
  };
  options.signal?.addEventListener("abort", onAbort, { once: true });
  let over = false;
  let socket: WebSocket | undefined;
  const open = async (): Promise<void> => {
    const connectionOptions = await api.options();
    if (over) return;
    const path = execPath(container, argv, options.stdin !== undefined);
    socket = new WebSocket(api.url(path).replace(/^http/, "ws"), execProtocol, connectionOptions);
    if (options.stdin !== undefined) sendOnceOpen(socket, Buffer.from(options.stdin));
    listen(socket, limited(stdout, options.stdoutBytes, resolve), stderr, resolve);
  };
  try {
    open().catch((error: unknown) => {
      resolve({ end: "broken", message: messageOf(error) });
    });
    return await promise;
  } catch (error) {
    stdout.destroy(error instanceof Error ? error : undefined);
    throw error;
  } finally {
    over = true;
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
    socket?.terminate();
  }
}

function execPath({ namespace, pod, container }: ContainerName, argv: readonly string[], hasStdin: boolean): string {
  const query = new URLSearchParams({ container, stdout: "true", stderr: "true", ...(hasStdin && { stdin: "true" }) });
  for (const word of argv) query.append("command", word);
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec?${query.toString()}`;
}

function sendOnceOpen(socket: WebSocket, stdin: Buffer): void {
  socket.once("open", () => {
    for (let start = 0; start < stdin.length; start += stdinBytes)
      socket.send(Buffer.concat([Buffer.of(channel.stdin), stdin.subarray(start, start + stdinBytes)]));
  });
}

/** Writes to the stream as long as no more than `limit` bytes came in all; false when the stream is full for now. */
function limited(stdout: Writable, limit: number, resolve: (end: ConnectionEnd) => void): Output {
  let bytes = 0;
  return {
    stream: stdout,
    write(content) {
      bytes += content.length;
      if (bytes <= limit) return stdout.write(content);
      resolve({ end: "broken", message: `the remote command printed more than ${limit} bytes` });
      return true;
    },
  };
}

interface Output {
  readonly stream: Writable;
  readonly write: (content: Buffer) => boolean;
}

function listen(socket: WebSocket, stdout: Output, stderr: Writable, resolve: (end: ConnectionEnd) => void): void {
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
  const streams: Record<number, (content: Buffer) => void> = {
    [channel.stdout](content) {
      if (stdout.write(content)) return;
      // Output must not pile up in memory while the disk is slow.
      socket.pause();
      stdout.stream.once("drain", () => {
        socket.resume();
      });
    },
    [channel.stderr](content) {
      stderr.write(content);
    },
    [channel.status](content) {
      resolve(statusEnd(content.toString("utf8")));
    },
  };
  socket.on("message", (message: Buffer) => {
    const [stream = -1] = message;
    streams[stream]?.(message.subarray(1));
  });
}

const statusSchema = z.object({
  status: z.string(),
  message: z.string().optional(),
  details: z
    .object({ causes: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })).optional() })
    .optional(),
});

function statusEnd(text: string): ConnectionEnd {
  const { data } = statusSchema.safeParse(parsedJson(text));
  if (data === undefined) return { end: "broken", message: "the API server sent an exit status that cannot be read" };
  if (data.status === "Success") return { end: "exited", code: 0 };
  const exitCode = data.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  const message = data.message ?? "the API server gave no reason";
  return exitCode === undefined ? { end: "broken", message } : { end: "exited", code: Number(exitCode) };
}

/** The message of the API server's Status object, or else the beginning of the text, which may be a proxy's page. */
function refusal(body: string): string {
  return z.object({ message: z.string() }).safeParse(parsedJson(body)).data?.message ?? body.trim().slice(0, 300);
}

/** Keeps a stream's bytes up to a limit, and decodes them as a whole: a character may be split across frames. */
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

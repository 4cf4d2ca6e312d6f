import * as grpc from "@grpc/grpc-js";

/** The engine's own limit. The library's limit of 4 MiB would be too small for the output of a long command. */
const maxMessageBytes = 400 * 1024 * 1024;

/** Options for every gRPC server and client that talks to the engine. */
export const channelOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
};

/** How often the vendor's language host looks whether the engine still answers. */
const fiveMinutes = 5 * 60_000;

/**
 * Serves one gRPC service on a free loopback port, and prints that port as the only text on the first line of stdout, as
 * the engine expects from a plugin. An engine that ends in good order ends its plugins itself. A plugin outlives an
 * engine that was killed, until its next health check.
 */
export async function servePlugin(
  service: grpc.ServiceDefinition,
  implementation: grpc.UntypedServiceImplementation,
  engineAddress: string,
  healthCheckMilliseconds = fiveMinutes,
): Promise<void> {
  const server = new grpc.Server(channelOptions);
  server.addService(service, implementation);
  const port = await listenOnLoopback(server);
  const engine = new grpc.Client(engineAddress, grpc.credentials.createInsecure(), channelOptions);
  setInterval(() => {
    exitIfGone(engine);
  }, healthCheckMilliseconds).unref();
  process.stdout.write(`${port}\n`);
}

/** Listens on a free loopback port and returns it. */
export function listenOnLoopback(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

/** An engine without a health service is alive, too. */
function exitIfGone(engine: grpc.Client): void {
  const empty = Buffer.alloc(0);
  engine.makeUnaryRequest(
    "/grpc.health.v1.Health/Check",
    () => empty,
    (answer) => answer,
    empty,
    (error) => {
      if (error !== null && error.code !== grpc.status.UNIMPLEMENTED) process.exit();
    },
  );
}

/**
 * Turns an async function into a handler for a unary call. The signal aborts when the caller cancels the call or is gone.
 * The engine gets an error's message without its stack.
 */
export function unary<Request, Response>(
  handle: (request: Request, signal: AbortSignal) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const gone = new AbortController();
    call.on("cancelled", () => {
      gone.abort();
    });
    Promise.resolve(call.request)
      .then((request) => handle(request, gone.signal))
      .then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback({ code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
        },
      );
  };
}

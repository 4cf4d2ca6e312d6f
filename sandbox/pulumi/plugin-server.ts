import * as grpc from "@grpc/grpc-js";

/** The engine's own limit. The library's limit of 4 MiB would be too small for the output of a long command. */
const maxMessageBytes = 400 * 1024 * 1024;

/** Options for every gRPC server and client that talks to the engine. */
export const channelOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
};

/**
 * Serves one gRPC service on a free loopback port, and prints that port as the only text on the first line of stdout, as
 * the engine expects from a plugin. The process ends with the engine, which keeps its stdin open.
 */
export async function servePlugin(
  service: grpc.ServiceDefinition,
  implementation: grpc.UntypedServiceImplementation,
): Promise<void> {
  const server = new grpc.Server(channelOptions);
  server.addService(service, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  process.stdout.write(`${port}\n`);
  process.stdin.once("end", () => process.exit()).resume();
}

/** Turns an async function into a handler for a unary call. The engine gets an error's message without its stack. */
export function unary<Request, Response>(
  handle: (request: Request) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(handle)
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

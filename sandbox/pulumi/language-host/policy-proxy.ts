import type { Readable } from "node:stream";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import type { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb.js";
import { messageOf } from "../../../domain/errors.ts";
import { channelOptions, listenOnLoopback } from "../plugin-server.ts";

/**
 * Stands before a policy pack, which expects the stack's configuration in its environment. So the pack can be started
 * only after the engine has sent the configuration, but the engine sends it to a running pack.
 */
export class PolicyProxy {
  readonly #server = new grpc.Server(channelOptions);
  readonly #configured = Promise.withResolvers<AnalyzerStackConfigureRequest | undefined>();
  readonly #pack = Promise.withResolvers<grpc.Client>();
  #port = 0;

  private constructor() {
    // A pack that does not start fails the calls that wait for it.
    this.#pack.promise.catch(() => undefined);
    const methods = Object.entries(services.AnalyzerService as grpc.ServiceDefinition);
    this.#server.addService(services.AnalyzerService, {
      ...Object.fromEntries(methods.map(([name, method]) => [name, this.#forward(method)])),
      handshake: (_call: unknown, callback: grpc.sendUnaryData<unknown>) => {
        callback(null, new analyzer.AnalyzerHandshakeResponse());
      },
      configureStack: (
        { request }: grpc.ServerUnaryCall<AnalyzerStackConfigureRequest, unknown>,
        callback: grpc.sendUnaryData<unknown>,
      ) => {
        this.#configured.resolve(request);
        callback(null, new analyzer.AnalyzerStackConfigureResponse());
      },
    });
  }

  static async start(): Promise<PolicyProxy> {
    const proxy = new PolicyProxy();
    proxy.#port = await listenOnLoopback(proxy.#server);
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** The stack's configuration, or undefined if the engine asks for something else first. */
  get configuration(): Promise<AnalyzerStackConfigureRequest | undefined> {
    return this.#configured.promise;
  }

  #forward({ path, requestSerialize, responseDeserialize }: grpc.MethodDefinition<unknown, unknown>) {
    const handler: grpc.handleUnaryCall<unknown, unknown> = (call, callback) => {
      this.#configured.resolve(undefined);
      this.#pack.promise.then(
        (pack) => {
          pack.makeUnaryRequest(path, requestSerialize, responseDeserialize, call.request, callback);
        },
        (error: unknown) => {
          callback({ code: grpc.status.UNKNOWN, details: `policy pack not started: ${messageOf(error)}` });
        },
      );
    };
    return handler;
  }

  /** Reads the pack's port from the first line of its stdout, and passes the later lines on. */
  attach(stdout: Readable, print: (line: string) => void): void {
    const lines = createInterface({ input: stdout });
    let first = true;
    lines.on("line", (line) => {
      if (!first) print(line);
      else void this.#connect(line.trim());
      first = false;
    });
    lines.on("close", () => {
      this.#pack.reject(new Error("could not read policy pack port"));
    });
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  async #connect(port: string): Promise<void> {
    const pack = new services.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), channelOptions);
    const configuration = await this.configuration;
    if (configuration === undefined) {
      this.#pack.resolve(pack);
      return;
    }
    pack.configureStack(configuration, (error: grpc.ServiceError | null) => {
      // Packs of older SDKs do not know the call.
      if (error === null || error.code === grpc.status.UNIMPLEMENTED) this.#pack.resolve(pack);
      else this.#pack.reject(new Error(`policy pack configuration failed: ${error.details}`));
    });
  }
}

/** The environment from which a policy pack learns the stack's configuration. */
export function packEnvironment(configuration: AnalyzerStackConfigureRequest): Record<string, string> {
  const settings = configuration.getConfigMap().toArray();
  const values = {
    PULUMI_NODEJS_ORGANIZATION: configuration.getOrganization(),
    PULUMI_NODEJS_PROJECT: configuration.getProject(),
    PULUMI_NODEJS_STACK: configuration.getStack(),
    PULUMI_NODEJS_DRY_RUN: String(configuration.getDryRun()),
    PULUMI_CONFIG: settings.length === 0 ? "" : JSON.stringify(Object.fromEntries(settings)),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

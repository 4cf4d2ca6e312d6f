import dns from "node:dns";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mock } from "node:test";

/** A request that the stub received, such as `PUT ?partNumber=1&uploadId=u`. */
interface Received {
  readonly what: string;
  readonly headers: IncomingHttpHeaders;
}

/** Answers uploads in parts like S3, and bucket settings as a test wants them. It takes one object and stores nothing. */
export class StubS3 {
  readonly received: Received[] = [];
  /** Encryption that the answers name; undefined for none. */
  encryption: string | undefined = "AES256";
  /** Answers to requests for settings of the bucket, by their query: a status and a body. */
  readonly settings = new Map<string, readonly [number, string]>();
  readonly #server: Server;
  readonly #environment = { ...process.env };
  readonly #lookup = mock.method(dns, "lookup", (...parameters: unknown[]) => {
    const [, options, done] = parameters as [string, { all?: boolean }, (...answer: unknown[]) => void];
    if (options.all === true) done(null, [{ address: "127.0.0.1", family: 4 }]);
    else done(null, "127.0.0.1", 4);
  });
  #metadata: IncomingHttpHeaders = {};
  #bytes = 0;
  #isComplete = false;

  private constructor(server: Server) {
    this.#server = server;
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "canary",
      AWS_REGION: "eu-west-2",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    });
    server.on("request", (request, response) => {
      const { headers, method = "", url = "" } = request;
      const { searchParams: query } = new URL(url, "http://s3");
      query.delete("x-id");
      this.received.push({ what: `${method} ?${query.toString()}`, headers });
      let bytes = 0;
      request.on("data", (chunk: Buffer) => (bytes += chunk.length));
      request.on("end", () => {
        const [status, body, more] = this.#answer(method, query, headers, bytes);
        response.writeHead(status, {
          "content-type": "application/xml",
          ...(this.encryption !== undefined && { "x-amz-server-side-encryption": this.encryption }),
          ...more,
        });
        response.end(body);
      });
    });
  }

  static async start(): Promise<StubS3> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new StubS3(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As another store than AWS. */
  get endpointUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As AWS behind a VPC endpoint. */
  get awsEndpointUrl(): string {
    return `http://vpce-1a2b.s3.eu-west-2.vpce.amazonaws.com:${this.port}`;
  }

  /** The values of a header, one for each request. */
  headers(name: string): (string | undefined)[] {
    return this.received.map(({ headers }) => headers[name]?.toString());
  }

  stop(): void {
    this.#lookup.mock.restore();
    process.env = this.#environment;
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(
    method: string,
    query: URLSearchParams,
    headers: IncomingHttpHeaders,
    bytes: number,
  ): [status: number, body: string, headers?: Record<string, string>] {
    const setting = [...query.keys()].find((name) => this.settings.has(name));
    if (setting !== undefined) return [...(this.settings.get(setting) ?? ([404, ""] as const))];
    if (method === "POST" && query.has("uploads")) {
      this.#metadata = headers;
      return [200, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"];
    }
    if (method === "PUT") {
      this.#bytes += Number(headers["x-amz-decoded-content-length"] ?? bytes);
      return [200, "", { etag: '"part"' }];
    }
    if (method === "POST") {
      this.#isComplete = true;
      return [200, "<CompleteMultipartUploadResult><ETag>whole</ETag></CompleteMultipartUploadResult>"];
    }
    if (method === "HEAD" && this.#isComplete) {
      const run = String(this.#metadata["x-amz-meta-postgres-recovery-run"]);
      return [200, "", { "content-length": String(this.#bytes), "x-amz-meta-postgres-recovery-run": run }];
    }
    return method === "DELETE" ? [204, ""] : [404, ""];
  }
}

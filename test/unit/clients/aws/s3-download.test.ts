import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { download, type DownloadPatience } from "../../../../clients/aws/s3-download.ts";
import { s3Client } from "../../../../clients/aws/s3-client.ts";
import { connectS3 } from "../../../../clients/aws/s3.ts";
import { faultSuite } from "../../../support/fault-test.ts";

const keys = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "canary" };
const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
const patience: DownloadPatience = { idleSeconds: 60, attempts: 3, pauseSeconds: 0.01 };

/** A store of one object. `send` answers the request of a range. */
class OneObject {
  readonly ranges: (string | undefined)[] = [];
  readonly conditions: (string | undefined)[] = [];
  readonly #server: Server;

  constructor(send: (response: ServerResponse, rest: Buffer, attempt: number) => void) {
    this.#server = createServer((request, response) => {
      const { range } = request.headers;
      this.ranges.push(range);
      this.conditions.push(request.headers["if-match"]);
      const start = Number(/\d+/.exec(range ?? "0")?.[0]);
      const rest = content.subarray(start);
      response.writeHead(start === 0 ? 200 : 206, { "content-length": rest.length, etag: '"one"' });
      send(response, rest, this.ranges.length);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** Sends so many bytes, and breaks the connection. */
function cut(response: ServerResponse, rest: Buffer, bytes: number): void {
  response.write(rest.subarray(0, bytes), () => response.socket?.destroy());
}

describe("download", () => {
  let store: OneObject;
  afterEach(() => {
    store.stop();
  });

  async function downloaded(
    send: ConstructorParameters<typeof OneObject>[0],
    { signal = new AbortController().signal, waits = patience } = {},
  ): Promise<Buffer> {
    store = new OneObject(send);
    const endpoint = await store.start();
    const client = s3Client({ region: "eu-west-2", endpoint, keys });
    const object = { Bucket: "b", Key: "k", ExpectedBucketOwner: undefined };
    const place = { bucket: "b", region: "eu-west-2", endpoint };
    return buffer(Readable.from(download(client, object, place, signal, waits)));
  }

  it("passes on the content as it arrives", async () => {
    const whole = await downloaded((response, rest) => response.end(rest));
    assert(whole.equals(content));
    assert.deepEqual(store.ranges, [undefined]);
  });

  it("is what the client of a store reads with", async () => {
    store = new OneObject((response, rest) => response.end(rest));
    const s3 = connectS3({ region: "eu-west-2", endpoint: await store.start(), keys });
    const read = s3.read({ bucket: "b", key: "k" }, new AbortController().signal);
    assert((await buffer(Readable.from(read))).equals(content));
    s3.close();
  });

  faultSuite(15, "over a bad connection", () => {
    it("goes on where it broke, with the same object", async () => {
      const whole = await downloaded((response, rest, attempt) => {
        if (attempt < 5) cut(response, rest, 60_000);
        else response.end(rest);
      });
      assert(whole.equals(content));
      assert.equal(store.ranges.length, 5);
      assert.match(store.ranges[4] ?? "", /^bytes=\d+-$/);
      assert.deepEqual(store.conditions, [undefined, '"one"', '"one"', '"one"', '"one"']);
    });

    it("fails when nothing arrives any more", async () => {
      await assert.rejects(
        downloaded((response, rest, attempt) => {
          cut(response, rest, attempt === 1 ? 1000 : 0);
        }),
        /bucket b .*\(get k\)/,
      );
      // The SDK itself repeats a request that gets no answer at all.
      assert(store.ranges.length >= 3 && store.ranges.length <= 12, `${store.ranges.length} requests`);
    });

    it("does not wait for a connection that is silent", async () => {
      const whole = await downloaded(
        (response, rest, attempt) => {
          if (attempt === 1) response.write(rest.subarray(0, 1000));
          else response.end(rest);
        },
        { waits: { ...patience, idleSeconds: 0.3 } },
      );
      assert(whole.equals(content));
    });

    it("ends when it is stopped", async () => {
      const stop = new AbortController();
      const reason = new Error("interrupted");
      const read = downloaded((response, rest) => response.write(rest.subarray(0, 1000)), { signal: stop.signal });
      setTimeout(() => {
        stop.abort(reason);
      }, 100);
      await assert.rejects(read, reason);
    });
  });
});

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import getPort from "get-port";
import { waitUntil } from "../../../sandbox/host/processes.ts";

const program = join(import.meta.dirname, "../../../sandbox/aws/s3-front.ts");

describe("the sandbox's S3 endpoint survives", function () {
  this.timeout("20s");
  let store: Server;
  let front: ChildProcess;
  let url: string;

  before("a store that refuses each upload before it has read it", async () => {
    store = createServer((incoming, answer) => {
      if (incoming.method !== "PUT") answer.end("here");
      else answer.writeHead(403, { Connection: "close" }).end("refused", () => incoming.socket.destroy());
    }).listen(0, "127.0.0.1");
    await once(store, "listening");
    const address = store.address();
    assert(typeof address === "object" && address !== null);
    const { port } = address;
    const own = await getPort();
    url = `http://127.0.0.1:${own}/bucket/object`;
    front = spawn(process.execPath, [program, String(own), String(port), String(port)], { stdio: "inherit" });
    await waitUntil("the endpoint", 10, async () => (await fetch(url)).ok);
  });
  after(() => {
    front.kill();
    store.close();
  });

  const answers = async (): Promise<string> => (await fetch(url)).text();

  it("uploads that the store refuses", async () => {
    for (let round = 0; round < 5; round++)
      await fetch(url, { method: "PUT", body: Buffer.alloc(8_000_000) }).catch(() => undefined);
    assert.equal(await answers(), "here");
  });

  it("clients that end in the middle of an upload", async () => {
    for (let round = 0; round < 5; round++) {
      const upload = request(url, { method: "PUT", headers: { "Content-Length": 8_000_000 } });
      upload.on("error", () => undefined).write(Buffer.alloc(1_000_000));
      await sleep(20);
      upload.destroy();
    }
    assert.equal(await answers(), "here");
  });
});

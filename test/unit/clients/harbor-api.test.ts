import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { askHarbor } from "../../../clients/harbor-api.ts";
import { faultTest } from "../../support/fault-test.ts";

const { signal } = new AbortController();

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

describe("a question to Harbor's API", () => {
  const answers: RequestListener = (request, response) => {
    if (request.url === "/api/v2.0/health") response.end('{"status":"healthy"}');
    else if (request.url === "/cut")
      response.writeHead(200, { "content-length": "100" }).write("half", () => request.socket.destroy());
    else if (request.url === "/huge") response.end(Buffer.alloc(2 * 1024 * 1024));
    else response.writeHead(302, { location: "/api/v2.0/health" }).end("elsewhere");
  };
  let plain: Server;
  let tls: Server;
  let folder: string;
  let certificate: string;
  let urls: { plain: string; tls: string };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "harbor-api-"));
    const [cert, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
    const subject = ["-subj", "/CN=harbor", "-addext", "subjectAltName=IP:127.0.0.1"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    await execa("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", key, "-out", cert]);
    certificate = await readFile(cert, "utf8");
    plain = createServer(answers);
    tls = createTlsServer({ cert: certificate, key: await readFile(key) }, answers);
    urls = {
      plain: `http://127.0.0.1:${await listening(plain)}`,
      tls: `https://127.0.0.1:${await listening(tls)}`,
    };
  });
  after(async () => {
    plain.close();
    tls.close();
    await rm(folder, { recursive: true });
  });

  const ask = (url: string, path: string, changes: { authorities?: string[]; insecure?: boolean } = {}) =>
    askHarbor({ url, authorities: [], insecure: false, ...changes }, path, signal);

  it("has its status and body for an answer, and follows no redirect", async () => {
    assert.deepEqual(await ask(urls.plain, "/api/v2.0/health"), { status: 200, body: '{"status":"healthy"}' });
    assert.deepEqual(await ask(urls.plain, "/elsewhere"), { status: 302, body: "elsewhere" });
  });

  it("trusts a certificate that the HarborCluster names, or any when that is asked for", async () => {
    const healthy = { status: 200, body: '{"status":"healthy"}' };
    assert.deepEqual(await ask(urls.tls, "/api/v2.0/health", { authorities: [certificate] }), healthy);
    assert.deepEqual(await ask(urls.tls, "/api/v2.0/health", { insecure: true }), healthy);
  });

  faultTest(
    104,
    "fails, and is no answer, for another certificate, a cut or huge answer, and a closed port",
    async () => {
      const refused = await ask(urls.tls, "/api/v2.0/health");
      assert.match("failed" in refused ? refused.failed : "", /self-signed certificate/);
      for (const path of ["/cut", "/huge"]) assert("failed" in (await ask(urls.plain, path)), path);
      const closed = createServer();
      const port = await listening(closed);
      closed.close();
      const answer = await ask(`http://127.0.0.1:${port}`, "/");
      assert.match("failed" in answer ? answer.failed : "", /ECONNREFUSED/);
    },
  );

  it("ends with the signal", async () => {
    const stopped = AbortSignal.abort(new Error("stopped"));
    await assert.rejects(askHarbor({ url: urls.plain, authorities: [], insecure: false }, "/", stopped), /stopped/);
  });
});

import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { execa } from "execa";
import { alarmMessageSchema, alarmSendReportSchema, type AlarmMessage } from "../../../domain/alarm/message.ts";

const program = join(import.meta.dirname, "../../../bin/postgres-recovery");
const report = JSON.stringify({
  version: 1,
  context: "dev",
  clusters: [
    {
      namespace: "calendar",
      cluster: "calendar-db",
      uid: "1",
      status: { status: "no-stanza", repositories: ["repo1"] },
      flags: [],
      verdict: "finding",
      repositoryPlace: "repo host",
    },
  ],
  summary: { okay: 0, finding: 1, undetermined: 0, notExpected: 0 },
});

describe("alarm send", function () {
  this.timeout("60s");
  let server: Server;
  let folder: string;
  let address: string;
  let received: AlarmMessage[] = [];
  /** What the receiver answers, one after the other; then 200. */
  let answers: (number | "redirect")[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "alarm-send-"));
    const [cert, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
    const subject = ["-subj", "/CN=receiver", "-addext", "subjectAltName=IP:127.0.0.1"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    await execa("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", key, "-out", cert]);
    server = createServer({ cert: await readFile(cert), key: await readFile(key) }, (request, response) => {
      void text(request).then((body) => {
        received.push(alarmMessageSchema.parse(JSON.parse(body)));
        const answer = answers.shift() ?? 200;
        if (answer === "redirect") response.writeHead(302, { location: "/elsewhere-CANARY" }).end();
        else response.writeHead(answer).end("the answer quotes CANARY");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    received = [];
    answers = [];
  });
  after(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  async function send(url: string, input: string, { trusted = true, parameters = ["-o", "json"] } = {}) {
    const file = join(folder, "webhook-url");
    await writeFile(file, url);
    const ended = await execa(program, ["alarm", "send", "--webhook-file", file, ...parameters, "--debug"], {
      input,
      env: trusted ? { NODE_EXTRA_CA_CERTS: join(folder, "tls.crt") } : {},
      reject: false,
    });
    assert.doesNotMatch(ended.stdout + ended.stderr, /CANARY/);
    return ended;
  }

  it("delivers what the check found, and reports what it delivered", async () => {
    const { exitCode, stdout, stderr } = await send(`${address}/T0/CANARY\n`, report);
    assert.equal(exitCode, 0, stderr);
    const [message, ...others] = received;
    assert.deepEqual(others, []);
    assert.equal(message?.severity, "refuse");
    assert.deepEqual(message.findings, [
      {
        severity: "refuse",
        code: "no-stanza",
        where: "calendar/calendar-db",
        what: "No stanza configuration: missing in repo1",
        fix: "postgres-recovery stanza create calendar/calendar-db",
      },
    ]);
    const delivery = { sink: "webhook", to: join(folder, "webhook-url"), attempts: 1, answer: "HTTP 200" };
    const expected = { version: 1, id: message.id, severity: "refuse", findings: 1, deliveries: [delivery] };
    assert.deepEqual(alarmSendReportSchema.parse(JSON.parse(stdout)), expected);
  });

  it("tries again when the receiver is busy, with the same id, and then says so", async () => {
    answers = [503, 429];
    const { exitCode, stdout, stderr } = await send(`${address}/CANARY`, report, { parameters: [] });
    assert.equal(exitCode, 0, stderr);
    assert.equal(received.length, 3);
    assert.equal(new Set(received.map(({ id }) => id)).size, 1);
    assert.match(
      stdout,
      /^delivered: 1 finding, severity refuse, id \S+\n {2}\S+webhook-url: HTTP 200, after 3 attempts$/,
    );
    assert.match(stderr, /did not accept the message \(HTTP 503\); again in 2 s/);
  });

  it("fails after three attempts", async () => {
    answers = [500, 500, 500, 500];
    const { exitCode, stderr } = await send(`${address}/CANARY`, report);
    assert.equal(exitCode, 4);
    assert.equal(received.length, 3);
    assert.match(stderr, /error\[webhook-refused\]: the message was not delivered: HTTP 500, after 3 attempts/);
  });

  for (const [answer, status] of [
    [404, 404],
    ["redirect", 302],
  ] as const)
    it(`fails at once at HTTP ${status}, and follows no redirect`, async () => {
      answers = [answer];
      const { exitCode, stderr } = await send(`${address}/CANARY`, report);
      assert.equal(exitCode, 4);
      assert.equal(received.length, 1);
      assert.match(stderr, new RegExp(`error\\[webhook-refused\\]: .*: HTTP ${status}, after 1 attempt$`, "m"));
    });

  it("fails at a certificate that is not trusted, and sends nothing", async () => {
    const { exitCode, stderr } = await send(`${address}/CANARY`, report, { trusted: false });
    assert.equal(exitCode, 4);
    assert.deepEqual(received, []);
    assert.match(stderr, /error\[webhook-silent\]: .*: DEPTH_ZERO_SELF_SIGNED_CERT, after 3 attempts/);
  });

  it("delivers the error of a check that failed, as unknown", async () => {
    const list = await execa(program, ["stanza", "list", "-o", "json"], {
      env: { KUBECONFIG: "/nonexistent" },
      reject: false,
    });
    assert.notEqual(list.exitCode, 0);
    const { exitCode, stderr } = await send(`${address}/CANARY`, list.stdout);
    assert.equal(exitCode, 0, stderr);
    assert.equal(received[0]?.severity, "unknown");
    assert.equal(received[0].check, null);
    assert.equal(received[0].findings.length, 1);
  });

  for (const [what, input, problem] of [
    ["an empty report", "", "stdin is empty"],
    ["a report that is cut off", report.slice(0, -20), "stdin is not the JSON of"],
  ] as const)
    it(`refuses ${what}, and sends nothing`, async () => {
      const { exitCode, stderr } = await send(`${address}/CANARY`, input);
      assert.equal(exitCode, 2);
      assert(stderr.includes(`error[alarm-report-unreadable]: ${problem}`), stderr);
      assert.deepEqual(received, []);
    });

  it("refuses every file that cannot be used at once, and no sink at all", async () => {
    const run = (...parameters: string[]) =>
      execa(program, ["alarm", "send", ...parameters], { input: report, reject: false });
    const none = await run();
    assert.deepEqual(
      [none.exitCode, none.stderr.split("\n")[0]],
      [2, "error[alarm-without-sink]: name where to send it: --topic, --webhook-file or --metrics"],
    );
    const empty = join(folder, "empty");
    await writeFile(empty, "");
    const both = await run("--webhook-file", empty, "--webhook-file", join(folder, "gone"));
    assert.equal(both.exitCode, 2);
    assert.match(
      both.stderr,
      /empty holds no URL of a webhook: it is empty; the file of --webhook-file cannot be read: ENOENT/,
    );
  });

  it("refuses a file without an https URL, and does not quote it", async () => {
    const { exitCode, stderr } = await send("http://127.0.0.1/CANARY", report);
    assert.equal(exitCode, 2);
    assert.match(stderr, /error\[webhook-unusable\]: \S+ holds no URL of a webhook: it does not begin with https:/);
  });
});

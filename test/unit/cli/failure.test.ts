import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { failureJson, failureOf, failureText, stackText, wantsFailureJson } from "../../../cli/failure.ts";
import { s3Error } from "../../../clients/aws/s3-error.ts";
import { ApiAnswer } from "../../../clients/kubernetes/api-connection.ts";
import { requestError } from "../../../clients/kubernetes/request-error.ts";
import { errorReportSchema } from "../../../domain/error-report.ts";
import { RecoveryError } from "../../../domain/errors.ts";

const canary = "CANARY-secret";

describe("a failed command", () => {
  it("says code, message and next step on stderr", () => {
    const error = new RecoveryError("leader-moved", "a/b: the leader moved 3 times", { next: "run again" });
    assert.equal(
      failureText(failureOf(error)),
      "error[leader-moved]: a/b: the leader moved 3 times\nnext: run again\n",
    );
    assert.equal(failureText(failureOf(new Error("oops"))), "error[unexpected]: oops\n");
  });

  it("prints JSON that fits its schema", () => {
    for (const error of [new RecoveryError("leader-moved", "moved", { next: "run again" }), new TypeError("oops"), 1])
      errorReportSchema.parse(JSON.parse(failureJson(failureOf(error))));
  });

  const lines: readonly [parameters: string, wanted: boolean][] = [
    ["stanza list -o json", true],
    ["stanza list -ojson", true],
    ["stanza list --output json", true],
    ["stanza list --output=json", true],
    ["stanza list", false],
    ["stanza list -o table", false],
    ["stanza list -n json", false],
    ["stanza create --request - -o json", false],
    ["stanza create --request=- --output=json", false],
  ];
  for (const [parameters, wanted] of lines)
    it(`${wanted ? "prints" : "does not print"} JSON: ${parameters}`, () => {
      assert.equal(wantsFailureJson(parameters.split(" ")), wanted);
    });
});

describe("--debug", () => {
  it("shows the stack of an error and of each cause, also for errors with a next step", () => {
    const cause = new Error("connect ECONNREFUSED 127.0.0.1:1");
    const inner = new RecoveryError("s3-unreachable", "no answer", { next: "check the network", cause });
    const outer = new RecoveryError(inner.code, "the dump failed: no answer", { next: inner.next, cause: inner });
    const text = stackText(outer);
    assert.match(
      text,
      /^debug: RecoveryError \[s3-unreachable\]: the dump failed: no answer\n +at .*\n(.*\n)+caused by: RecoveryError \[s3-unreachable\]: no answer\n +at /,
    );
    assert.match(text, /\ncaused by: Error: connect ECONNREFUSED 127\.0\.0\.1:1\n +at /);
  });

  it("shows each error of an AggregateError", () => {
    const text = stackText(new AggregateError([new Error("over IPv6"), new Error("over IPv4")], "both"));
    assert.match(text, /one of them: Error: over IPv6\n(.*\n)+one of them: Error: over IPv4\n/);
  });

  it("ends for a circle of causes", () => {
    const error = new Error("round");
    error.cause = error;
    assert.match(stackText(error), /caused by: …$/);
  });

  it("shows no answer, header or request that an error carries", () => {
    const connection = { context: "dev", server: "https://api", user: "ada" };
    const answer = new ApiAnswer(403, JSON.stringify({ data: canary }), { "set-cookie": [canary] });
    const parsing = new SyntaxError(`Unexpected token in JSON: ${canary}`);
    const ofSdk = Object.assign(new Error("The request signature does not match"), {
      name: "SignatureDoesNotMatch",
      $metadata: { httpStatusCode: 403 },
      StringToSign: canary,
      $response: { body: canary, headers: { authorization: canary } },
    });
    const place = { bucket: "b", region: "eu-west-2", endpoint: undefined };
    const errors = [
      requestError(connection, "get secrets", answer),
      requestError(connection, "get secrets", parsing),
      s3Error(place, "list spilo", ofSdk),
    ];
    for (const error of errors) assert(!stackText(error).includes(canary), error.code);
  });

  describe("of the program", function () {
    this.timeout("30s");
    let directory: string;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), "postgres-recovery-debug-"));
    });
    after(() => rm(directory, { recursive: true }));

    async function run(parameters: string, input = ""): Promise<{ stdout: string; stderr: string }> {
      const main = join(import.meta.dirname, "../../../cli/main.ts");
      const { stdout, stderr } = await execa(process.execPath, [main, ...parameters.split(" ")], {
        reject: false,
        input,
        env: { HOME: directory },
      });
      assert.match(stderr, /^debug: RecoveryError \[[a-z0-9-]+\]: .*\n +at /m);
      assert(!`${stdout}${stderr}`.includes(canary));
      return { stdout, stderr };
    }

    it("does not quote a request that is not JSON, and leaves stdout empty", async () => {
      const ended = await run("stanza create --request - -o json --debug", `{"keys": "${canary}`);
      assert.equal(ended.stdout, "");
      assert.match(ended.stderr, /^error\[request-unreadable\]: the request on stdin is not JSON/);
    });

    const kubeconfigs: readonly [what: string, content: string][] = [
      ["that is not YAML", `users:\n  - token: "${canary}\n :`],
      ["that is a text", canary],
      [
        "whose login helper prints something else",
        JSON.stringify({
          "current-context": "dev",
          clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
          contexts: [{ name: "dev", context: { cluster: "c", user: "ada" } }],
          users: [
            {
              name: "ada",
              user: {
                exec: {
                  apiVersion: "client.authentication.k8s.io/v1",
                  command: "echo",
                  args: ["no", "JSON", `{"token": "${canary}"`],
                  interactiveMode: "Never",
                },
              },
            },
          ],
        }),
      ],
    ];
    for (const [what, content] of kubeconfigs)
      it(`does not quote a kubeconfig ${what}`, async () => {
        const file = join(directory, "kubeconfig");
        await writeFile(file, content);
        const ended = await run(`stanza list --kubeconfig ${file} -o json --debug`);
        const { error } = errorReportSchema.parse(JSON.parse(ended.stdout));
        assert.match(ended.stderr, new RegExp(`^error\\[${error.code}\\]: `));
      });
  });
});

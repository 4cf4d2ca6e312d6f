import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connectS3Probe, type ProbeAccess } from "../../../../clients/aws/s3-probe.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { faultTest } from "../../../support/fault-test.ts";

const keys = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "canary" };
const object = { bucket: "bkt", key: "spilo/db/postgres-recovery/write-check-1" };
const { signal } = new AbortController();

describe("the probe of a store", () => {
  let server: Server;
  let received: IncomingMessage[];
  let answer: [status: number, body: string];
  const access = (changes: Partial<ProbeAccess> = {}): ProbeAccess => ({
    region: "eu-west-2",
    endpointUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    ...changes,
  });
  const request = (): string[] => received.map(({ method, url }) => `${method} ${url?.split("?")[0]}`);

  beforeEach(async () => {
    [received, answer] = [[], [200, ""]];
    server = createServer((message, response) => {
      received.push(message);
      message.resume();
      message.on("end", () => {
        response.writeHead(answer[0], { "content-type": "application/xml" });
        response.end(answer[1]);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  it("creates the object and deletes it, with the encryption for which WAL-G asks", async () => {
    const probe = connectS3Probe(access());
    await probe.put(object, signal);
    await probe.remove(object, signal);
    probe.close();
    assert.deepEqual(request(), [`PUT /bkt/${object.key}`, `DELETE /bkt/${object.key}`]);
    assert.equal(received[0]?.headers["x-amz-server-side-encryption"], "AES256");
  });

  it("asks for the customer's key if there is one, and for nothing in a store with an endpoint", async () => {
    await connectS3Probe(access({ kmsKey: "alias/k" })).put(object, signal);
    const { endpointUrl, ...rest } = access();
    await connectS3Probe({ ...rest, endpoint: endpointUrl }).put(object, signal);
    assert.deepEqual(
      received.map(({ headers }) => [
        headers["x-amz-server-side-encryption"],
        headers["x-amz-server-side-encryption-aws-kms-key-id"],
      ]),
      [
        ["aws:kms", "alias/k"],
        [undefined, undefined],
      ],
    );
  });

  faultTest(76, "a refusal names the request and the permission, and no key", async () => {
    answer = [403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"];
    const failure = await connectS3Probe(access())
      .put(object, signal)
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    assert(failure instanceof RecoveryError);
    assert.equal(failure.code, "s3-forbidden");
    assert.match(`${failure.message} ${failure.next}`, /put spilo\/db\/postgres-recovery.*s3:PutObject/);
    assert.doesNotMatch(JSON.stringify([failure.message, failure.next]), /canary|AKIA/);
  });
});

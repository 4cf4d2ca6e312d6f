import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import dns from "node:dns";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock } from "node:test";
import { connectS3 } from "../../../../clients/aws/s3.ts";
import { connectS3Writer } from "../../../../clients/aws/s3-upload.ts";
import { connectSecretsManager } from "../../../../clients/aws/secrets-manager.ts";
import { endpointUrlProblem } from "../../../../domain/aws/endpoint-url-problem.ts";
import { faultTest } from "../../../support/fault-test.ts";

const keys = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "canary" };

describe("the endpoint of AWS", () => {
  let server: Server;
  let folder: string;
  let asked: string[];
  let resolved: Set<string>;
  let lookup: { readonly mock: { restore: () => void } };
  const environment = { ...process.env };
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.method ?? ""} ${request.headers.host ?? ""}`);
      response.writeHead(200, { "content-type": "application/xml" });
      response.end("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    folder = await mkdtemp(join(tmpdir(), "postgres-recovery-aws-config-"));
    const config = join(folder, "config");
    await writeFile(config, `[default]\nregion = eu-west-2\nendpoint_url = ${url()}\n`);
    process.env = {
      ...environment,
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: "eu-west-2",
      AWS_MAX_ATTEMPTS: "1",
    };
    // No request reaches AWS: its names cannot be resolved.
    resolved = new Set();
    lookup = mock.method(dns, "lookup", (...parameters: unknown[]) => {
      const [host, , done] = parameters as [string, object, (error: Error) => void];
      resolved.add(host);
      done(Object.assign(new Error(`no address of ${host}`), { code: "ENOTFOUND" }));
    });
  });
  afterEach(async () => {
    lookup.mock.restore();
    process.env = { ...environment };
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  });

  const variables = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SECRETS_MANAGER"];
  for (const variable of [...variables, "endpoint_url of the config file"]) {
    faultTest(69, `${variable} does not redirect a request that is meant for AWS`, async () => {
      if (variables.includes(variable)) process.env[variable] = url();
      const { signal } = new AbortController();
      const dump = await connectS3Writer("harbor-backups", { owner: "123456789012" });
      await Promise.allSettled([
        connectS3({ region: "eu-west-2", keys }).level({ bucket: "harbor-backups", prefix: "spilo" }, signal),
        connectSecretsManager({ region: "eu-west-2" }, signal, () => undefined).find("postgres-recovery/x"),
        dump.exists("a", signal),
      ]);
      assert.deepEqual(asked, []);
      const hosts = ["harbor-backups.s3.eu-west-2.amazonaws.com", "secretsmanager.eu-west-2.amazonaws.com"];
      assert.deepEqual([...resolved].sort(), hosts);
    });
  }

  faultTest(69, "a VPC endpoint, or an emulator, is used when it is named", async () => {
    process.env["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:9";
    const s3 = connectS3({ region: "eu-west-2", endpointUrl: url(), keys });
    assert.deepEqual(await s3.level({ bucket: "harbor-backups", prefix: "spilo" }, AbortSignal.timeout(5000)), {
      folders: [],
      objects: [],
    });
    assert.equal(asked.length, 1);
  });

  faultTest(71, "must use TLS, except on this machine", () => {
    for (const fine of [
      "https://vpce-1.s3.eu-west-2.vpce.amazonaws.com",
      "https://minio:9000",
      "http://127.0.0.1:7070",
      "http://localhost:1",
      "http://[::1]:1",
    ])
      assert.equal(endpointUrlProblem(fine), undefined, fine);
    for (const plain of [
      "http://minio:9000",
      "http://10.0.0.7",
      "http://127.0.0.1.example.org",
      "http://localhost.example.org",
    ])
      assert.match(endpointUrlProblem(plain) ?? "", /^must be https:\/\/…: plain http/, plain);
    for (const odd of [
      "minio:9000",
      "https://minio/bucket",
      "https://minio/",
      "https://key:canary@minio",
      "ftp://minio",
      "",
    ])
      assert.match(endpointUrlProblem(odd) ?? "", /without a path/, odd);
  });
});

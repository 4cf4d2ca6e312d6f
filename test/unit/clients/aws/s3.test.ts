import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Error, s3Error } from "../../../../clients/aws/s3-error.ts";
import { connectS3, type S3Client } from "../../../../clients/aws/s3.ts";
import { faultTest } from "../../../support/fault-test.ts";

const bucket = "harbor-backups";
const keys = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "canary" };
const never = new AbortController().signal;
/** Keys that a page of a listing holds. */
const pageSize = 2;

describe("the client for S3", () => {
  let server: Server;
  let objects: string[];
  let requests: { readonly url: URL; readonly headers: IncomingHttpHeaders }[];
  /** Replaces the answer to every request. */
  let answer:
    { readonly status?: number; readonly headers?: Record<string, string>; readonly body: string } | undefined;

  beforeEach(async () => {
    objects = [];
    requests = [];
    answer = undefined;
    server = createServer((request, response) => {
      const url = new URL(request.url ?? "", "http://s3");
      requests.push({ url, headers: request.headers });
      const { status = 200, headers = {}, body } = answer ?? { body: listing(url.searchParams) };
      response.writeHead(status, { "content-type": "application/xml", ...headers }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  function listing(query: URLSearchParams): string {
    const [prefix, delimiter] = [query.get("prefix") ?? "", query.get("delimiter")];
    const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
    const below = objects.filter((key) => key.startsWith(prefix) && key > after);
    const page = below.slice(0, pageSize);
    const isTruncated = below.length > pageSize;
    const folders = delimiter === null ? [] : page.filter((key) => key.slice(prefix.length).includes("/"));
    const contents = page
      .filter((key) => !folders.includes(key))
      .map(
        (key) =>
          `<Contents><Key>${key}</Key><Size>7</Size><LastModified>2026-11-21T01:00:00Z</LastModified></Contents>`,
      );
    const common = folders.map((key) => {
      const folder = key.slice(prefix.length).split("/", 1)[0] ?? "";
      return `<CommonPrefixes><Prefix>${prefix}${folder}/</Prefix></CommonPrefixes>`;
    });
    const token = isTruncated ? `<NextContinuationToken>${page.at(-1) ?? ""}</NextContinuationToken>` : "";
    return `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${token}${contents.join("")}${common.join("")}</ListBucketResult>`;
  }

  const client = (more: Partial<Parameters<typeof connectS3>[0]> = {}): S3Client =>
    connectS3({
      region: "eu-west-2",
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      keys,
      ...more,
    });
  async function listed(range: Omit<Parameters<S3Client["list"]>[0], "bucket">): Promise<string[]> {
    const found: string[] = [];
    await client().list({ bucket, ...range }, never, (page) => {
      found.push(...page.map(({ key }) => key));
      return undefined;
    });
    return found;
  }

  it("lists all pages, and only the wanted range of them", async () => {
    objects = ["p/a", "p/b", "p/c", "p/d", "p/e", "q/f"];
    assert.deepEqual(await listed({ prefix: "p/" }), ["p/a", "p/b", "p/c", "p/d", "p/e"]);
    assert.deepEqual(await listed({ prefix: "p/", after: "p/a", through: "p/c" }), ["p/b", "p/c"]);
    requests = [];
    assert.deepEqual(await listed({ prefix: "p/", through: "p/a0" }), ["p/a"]);
    assert.equal(requests.length, 1, "the pages after the range are not asked for");
  });

  it("stops when it has enough", async () => {
    objects = ["p/a", "p/b", "p/c", "p/d"];
    await client().list({ bucket, prefix: "p/" }, never, () => "enough");
    assert.equal(requests.length, 1);
  });

  it("lists one level over several pages", async () => {
    objects = ["p/a", "p/b/1", "p/c", "p/d/1", "p/e"];
    const { folders, objects: found } = await client().level({ bucket, prefix: "p" }, never);
    assert.deepEqual(
      [folders, found.map(({ key }) => key)],
      [
        ["b", "d"],
        ["p/a", "p/c", "p/e"],
      ],
    );
  });

  faultTest(41, "reads archive classes and whether a copy has been restored", async () => {
    const object = (key: string, more: string): string =>
      `<Contents><Key>${key}</Key><Size>1</Size><StorageClass>GLACIER</StorageClass>${more}</Contents>`;
    const restored = "<RestoreStatus><RestoreExpiryDate>2026-12-01T00:00:00Z</RestoreExpiryDate></RestoreStatus>";
    const underWay = "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>";
    const contents = object("a", "") + object("b", underWay) + object("c", restored);
    answer = { body: `<ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>` };
    const { objects: found } = await client().level({ bucket, prefix: "p" }, never);
    assert.deepEqual(
      found.map(({ restored: isRestored, storageClass }) => [storageClass, isRestored]),
      [
        ["GLACIER", false],
        ["GLACIER", false],
        ["GLACIER", true],
      ],
    );
    for (const [headers, isArchived] of [
      [{}, false],
      [{ "x-amz-archive-status": "ARCHIVE_ACCESS" }, true],
      [{ "x-amz-archive-status": "ARCHIVE_ACCESS", "x-amz-restore": 'ongoing-request="true"' }, true],
      [{ "x-amz-archive-status": "ARCHIVE_ACCESS", "x-amz-restore": 'ongoing-request="false"' }, false],
    ] as const) {
      answer = { headers, body: "" };
      assert.equal(await client().isArchived({ bucket, key: "a" }, never), isArchived, JSON.stringify(headers));
    }
  });

  it("reads texts and bytes, and refuses an object that is far too big", async () => {
    answer = { body: "text of ü" };
    assert.equal(await client().text({ bucket, key: "a" }, never), "text of ü");
    assert.deepEqual([...(await client().bytes({ bucket, key: "a" }, never))], [...Buffer.from("text of ü")]);
    answer = { headers: { "content-length": String(65 * 1024 * 1024) }, body: "" };
    await assert.rejects(
      client().text({ bucket, key: "a" }, never),
      /68157440 bytes are more than such an object ever has/,
    );
  });

  faultTest(
    70,
    "names the account that must own the bucket in every request, and in the advice after a refusal",
    async () => {
      objects = ["p/a"];
      const s3 = client({ bucketOwner: "123456789012" });
      await s3.level({ bucket, prefix: "p" }, never);
      await s3.text({ bucket, key: "p/a" }, never);
      await s3.isArchived({ bucket, key: "p/a" }, never);
      const owners = requests.map(({ headers }) => headers["x-amz-expected-bucket-owner"]);
      assert.deepEqual(owners, ["123456789012", "123456789012", "123456789012"]);
      answer = { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" };
      await assert.rejects(s3.level({ bucket, prefix: "p" }, never), (error) => {
        assert(error instanceof S3Error);
        assert.match(
          error.next ?? "",
          /^check that account 123456789012 owns the bucket; the credentials need s3:ListBucket/,
        );
        return true;
      });
    },
  );

  faultTest(23, "does not take a proxy's login page for an empty list", async () => {
    answer = { headers: { "content-type": "text/html" }, body: "<html>log in</html>" };
    await assert.rejects(client().level({ bucket, prefix: "p" }, never), { code: "s3-answer-unreadable" });
  });
});

describe("an error of S3", () => {
  const place = { bucket, region: "eu-west-2", endpoint: undefined };
  const thrown = (name: string, httpStatusCode?: number, more: object = {}): Error =>
    Object.assign(new Error("canary"), { name, $metadata: { httpStatusCode }, ...more });

  const cases: [what: string, error: unknown, code: string, message: RegExp][] = [
    ["a missing bucket", thrown("NoSuchBucket", 404), "s3-bucket-missing", /there is no such bucket/],
    ["a missing object", thrown("NoSuchKey", 404), "s3-object-gone", /the object is gone/],
    [
      "another region",
      thrown("AuthorizationHeaderMalformed", 400, { Region: "us-east-1" }),
      "s3-region-wrong",
      /in the region us-east-1, not eu-west-2/,
    ],
    [
      "another region, in a header",
      thrown("Unknown", 301, { $response: { headers: { "x-amz-bucket-region": "us-east-1" } } }),
      "s3-region-wrong",
      /us-east-1/,
    ],
    [
      "another region, unnamed",
      thrown("PermanentRedirect", 301),
      "s3-region-wrong",
      /the region eu-west-2 is not the bucket's/,
    ],
    ["a refusal without a body", thrown("Unknown", 403), "s3-forbidden", /access is denied/],
    ["an expired token", thrown("ExpiredToken", 400), "aws-credentials-rejected", /they have expired/],
    ["a wrong clock", thrown("RequestTimeTooSkewed", 403), "aws-credentials-rejected", /clock is wrong/],
    ["no credentials", thrown("CredentialsProviderError"), "aws-credentials-missing", /there are no AWS credentials/],
    ["an archived object", thrown("InvalidObjectState", 403), "s3-object-archived", /archive class/],
    ["an existing object", thrown("PreconditionFailed", 412), "s3-object-exists", /exists/],
    ["another answer", thrown("SlowDown", 503), "s3-failed", /S3 answered SlowDown \(HTTP 503\)/],
    [
      "a closed connection",
      Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }),
      "s3-unreachable",
      /socket hang up/,
    ],
    [
      "an error that says nothing but its code",
      Object.assign(new Error(""), { code: "ETIMEDOUT" }),
      "s3-unreachable",
      /ETIMEDOUT/,
    ],
    ["a time-out", Object.assign(new Error("no answer in 30 s"), { name: "TimeoutError" }), "s3-unreachable", /30 s/],
    ["anything else", new Error("not a list"), "s3-answer-unreadable", /not a list/],
  ];
  for (const [what, error, code, message] of cases) {
    faultTest(23, `says what ${what} means, which bucket it is, and what was asked`, () => {
      const found = s3Error(place, "list spilo", error);
      assert.equal(found.code, code);
      assert.match(found.message, message);
      assert.match(found.message, /^bucket harbor-backups \(AWS, region eu-west-2\): .* \(list spilo\)$/);
      assert.notEqual(found.next ?? "", "");
    });
  }

  it("names the endpoint of another store, and the permissions that the caller needs", () => {
    const found = s3Error(
      { ...place, endpoint: "https://minio:9000", needs: "ask for s3:PutObject" },
      "write",
      thrown("AccessDenied", 403),
    );
    assert.match(found.message, /^bucket harbor-backups \(https:\/\/minio:9000\)/);
    assert.equal(found.next, "ask for s3:PutObject");
  });
});

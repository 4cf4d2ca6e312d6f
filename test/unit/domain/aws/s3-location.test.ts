import assert from "node:assert/strict";
import fc from "fast-check";
import { endpointProblem, parseS3Url, s3Url } from "../../../../domain/aws/s3-location.ts";
import { faultTest } from "../../../support/fault-test.ts";

describe("the endpoint of an S3-compatible store", () => {
  it("is a scheme, a host and an optional port", () => {
    for (const endpoint of [
      "http://127.0.0.1:9000",
      "https://minio.storage.svc",
      "https://minio.storage.svc:9000",
      "http://[::1]:9000",
    ]) {
      assert.equal(endpointProblem(endpoint, "bkt"), undefined, endpoint);
    }
  });

  const wrong: [endpoint: string, why: RegExp][] = [
    ["https://minio:9000/bkt", /without a path/],
    ["http://minio:9000//bkt", /without a path/],
    ["https://bkt.minio:9000", /must not begin with the bucket/],
    ["https://s3.eu-west-2.amazonaws.com", /leave the endpoint out for AWS/],
    ["https://s3.eu-west-2.amazonaws.com:443", /leave the endpoint out for AWS/],
    ["https://bkt.s3.eu-west-2.amazonaws.com", /leave the endpoint out for AWS/],
    ["http+path://minio:9000", /must be http/],
    ["https://user:secret@minio", /must be http/],
    ["https://minio/", /must not end with a slash/],
    ["minio:9000", /must be http/],
    ["https://", /must be http/],
    ["https://minio:port", /must be http/],
    ["", /must be http/],
  ];
  for (const [endpoint, why] of wrong) {
    faultTest(23, `is not "${endpoint}"`, () => {
      assert.match(endpointProblem(endpoint, "bkt") ?? "accepted", why);
    });
  }
});

describe("a place in S3", () => {
  const part = fc.stringMatching(/^[A-Za-z0-9_=@-][A-Za-z0-9_.=@-]{0,20}$/);
  const bucket = fc.stringMatching(/^[a-z0-9][-a-z0-9]{1,20}[a-z0-9]$/);

  it("is read as written, with or without a trailing slash", () => {
    fc.assert(
      fc.property(bucket, fc.array(part, { maxLength: 5 }), fc.constantFrom("", "/"), (name, parts, end) => {
        const location = { bucket: name, prefix: parts.join("/") };
        assert.deepEqual(parseS3Url(s3Url(location) + (parts.length === 0 ? "" : end)), location);
      }),
    );
    assert.deepEqual(parseS3Url("s3://dumps"), { bucket: "dumps", prefix: "" });
  });

  for (const url of [
    "s3://",
    "s3:///x",
    "s3://ab",
    "s3://Dumps",
    "s3://dumps//x",
    "s3://dumps/x//",
    "s3://dumps/../x",
    "s3://dumps/./x",
    "s3://dumps/a b",
    "s3://dumps/x?y",
    "s3://dumps/x\n",
    "s3://key:secret@dumps/x",
    `s3://dumps/${"x".repeat(513)}`,
    "S3://dumps",
    "https://dumps",
  ]) {
    it(`is not ${JSON.stringify(url.slice(0, 40))}`, () => {
      assert.equal(parseS3Url(url), undefined);
    });
  }
});

import assert from "node:assert/strict";
import { endpointProblem } from "../../../domain/s3-location.ts";

describe("the endpoint of an S3-compatible store", () => {
  it("is a scheme, a host and perhaps a port", () => {
    for (const endpoint of ["http://127.0.0.1:9000", "https://minio.storage.svc", "https://minio.storage.svc:9000", "http://[::1]:9000"]) {
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
    it(`fault 23: is not "${endpoint}"`, () => {
      assert.match(endpointProblem(endpoint, "bkt") ?? "accepted", why);
    });
  }
});

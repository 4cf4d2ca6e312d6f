import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { steps } from "../../../../domain/steps/steps.ts";
import { FakeApiServer } from "../../../support/fake-api-server.ts";

const program = join(import.meta.dirname, "../../../../bin/postgres-recovery");
const role = ["--irsa-role-arn", "arn:aws:iam::123456789012:role/backups"];

describe("restore check without --image", function () {
  this.timeout("30s");
  let server: FakeApiServer;
  before("an API server without any object", async () => {
    const body = { kind: "Status", status: "Failure", message: "not found" };
    server = await FakeApiServer.start(() => ({ status: 404, body }));
  });
  after(() => server.stop());

  /** Codes of the findings about the image, with the images that they are about. */
  async function imageFindings(...parameters: string[]): Promise<string[]> {
    const backups = ["--bucket", "backups", "--region", "eu-west-2", "--uid", "99e85b8a-3f92-4c86-8d42-5056348c1e7e"];
    const where = ["--context", "test", "--kubeconfig", server.kubeconfig, "--endpoint-url", "http://127.0.0.1:1"];
    const { stdout, stderr } = await execa(
      program,
      ["restore", "check", "harbor-cluster/harbor-cluster", ...backups, ...where, ...parameters, "-o", "json"],
      { env: { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" }, reject: false },
    );
    assert.match(stdout, /^\{/, stderr);
    const { findings } = steps["restore check"].report.parse(JSON.parse(stdout));
    return findings.filter(({ code }) => code.startsWith("image-")).map(({ code, where: image }) => `${code} ${image}`);
  }

  it("takes an image that can assume the role, and the newest one for keys", async () => {
    const newest = "ghcr.io/zalando/spilo-16:3.3-p3";
    assert.deepEqual(await imageFindings(...role), ["image-fits image ghcr.io/zalando/spilo-16:3.2-p3"]);
    assert.deepEqual(await imageFindings(), [`image-fits image ${newest}`]);
    assert.deepEqual(await imageFindings(...role, "--image", newest), [`image-cannot-assume-role image ${newest}`]);
  });
});

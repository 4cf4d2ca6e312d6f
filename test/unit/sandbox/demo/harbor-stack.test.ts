import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { proofTable, proofSettings, waitsForHarbor } from "../../../../sandbox/demo/harbor-stack.ts";
import { parseSettings } from "../../../../settings/settings.ts";

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const keys = { accessKeyId: "CANARY-id", secretAccessKey: "CANARY-key" };
const stackFile = z.object({ config: z.record(z.string(), z.looseObject({})) });

/** The settings that the program reads from the demo's stack file with this restore. */
function settingsWith(restore: object) {
  const text = readFileSync(new URL("../../../../Pulumi.lab.yaml", import.meta.url), "utf8");
  const { config } = stackFile.parse(parse(text));
  const harbor = { ...config["postgres-recovery:harbor"], hold: undefined };
  const backup = z.object({ backup: z.looseObject({}) }).parse(harbor).backup;
  const values = new Map([
    ["kubernetes", JSON.stringify(config["postgres-recovery:kubernetes"])],
    ["harbor", JSON.stringify({ ...harbor, backup: { ...backup, credentials: "secret" }, restore })],
    ["harborSecrets", JSON.stringify({ backup: keys, restore: keys })],
  ]);
  const { harbor: read } = parseSettings({ stack: "lab", values, secretKeys: new Set(["harborSecrets"]) });
  assert(read);
  return read;
}

describe("the demo of Harbor's restore", () => {
  it("declares what the proof must find, as the settings accept it", () => {
    const restore = { id: "to-a-moment", scope: "lost", uid, postgresVersion: 12, credentials: "secret" };
    const { proof } = settingsWith({
      ...restore,
      ...proofSettings(["shop/first", "shop/second"], "http://127.0.0.1:1"),
    });
    assert.equal(proof?.harbor.url, "http://127.0.0.1:1");
    const [query] = proof.expect.queries;
    assert(query !== undefined && "equals" in query);
    assert.deepEqual([query.database, query.equals], ["core", "shop/first shop/second"]);
  });

  it("applies the HarborCluster at the words with which up waits for it", () => {
    const source = new URL("../../../../operations/harbor/pg-hba.ts", import.meta.url);
    assert(readFileSync(source, "utf8").includes(`wait.pause(\`${waitsForHarbor} `));
  });

  it("shows each check of the proof, and the verdict", () => {
    assert.equal(
      proofTable({ verdict: "proven", checks: { identity: "ok: is the lost one", data: "ok: as expected" } }),
      `CHECK      FOUND
identity   ok: is the lost one
data       ok: as expected
verdict: proven`,
    );
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { proofTable, restoreSettings } from "../../../../sandbox/demo/harbor-stack.ts";
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
  it("declares a restore that the settings accept, to a moment and with the images that the proof must find", () => {
    const targetTime = "2026-11-21T09:30:00+00:00";
    const declared = { id: "to-a-moment", uid, targetTime, repositories: ["shop/first", "shop/second"] };
    const { proof, restore } = settingsWith(restoreSettings(declared, "http://127.0.0.1:1"));
    assert.deepEqual([restore?.id, restore?.source, restore?.targetTime], ["to-a-moment", { uid }, targetTime]);
    assert.equal(proof?.harbor.url, "http://127.0.0.1:1");
    const [query] = proof.expect.queries;
    assert(query !== undefined && "equals" in query);
    assert.deepEqual([query.database, query.equals], ["core", "shop/first shop/second"]);
  });

  it("declares no target time for a restore to the end of the WAL", () => {
    const { restore } = settingsWith(
      restoreSettings({ id: "to-the-end", uid, repositories: [] }, "http://127.0.0.1:1"),
    );
    assert.equal(restore?.targetTime, undefined);
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

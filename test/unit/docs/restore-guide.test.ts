import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { errorKinds } from "../../../domain/catalogue/error-codes.ts";
import { findingCodes, findingSeverities } from "../../../domain/catalogue/finding-codes.ts";
import { parseSettings } from "../../../settings/settings.ts";

const keys = { accessKeyId: "CANARY-id", secretAccessKey: "CANARY-key" };
const harborSchema = z.looseObject({});
const stackFile = z.object({ config: z.record(z.string(), harborSchema) });

/** The names of a stack's parts in the picture, in the order of `test/unit/components/harbor-database.test.ts`. */
const order = ["preflight", "Secrets", "pod environment", "HarborCluster", "pg_hba", "roll", "proof", "kept Secrets"];

describe("docs/restore-guide.md", () => {
  let page: string;
  before(async () => {
    page = await readFile(new URL("../../../docs/restore-guide.md", import.meta.url), "utf8");
  });

  const yamlBlocks = (): unknown[] =>
    [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]): unknown => parse(text));

  function settingsOf(harbor: object): NonNullable<ReturnType<typeof parseSettings>["harbor"]> {
    const values = new Map([
      ["kubernetes", JSON.stringify({ context: "lab" })],
      ["harbor", JSON.stringify(harbor)],
      ["harborSecrets", JSON.stringify({ backup: keys, restore: keys })],
    ]);
    const { harbor: read } = parseSettings({ stack: "lab", values, secretKeys: new Set(["harborSecrets"]) });
    assert(read);
    return read;
  }

  it("names only codes that exist, each with a link to its own explanation", () => {
    const known = new Set<string>([...findingCodes, ...Object.keys(errorKinds)]);
    const links = [...page.matchAll(/\[`([a-z0-9-]+)`\]\(findings\.md#([^)]*)\)/g)];
    assert(links.length > 30);
    for (const [link, code = "", anchor] of links) assert(known.has(code) && code === anchor, link);
  });

  it("has every problem that the proof can find", () => {
    const problems = findingCodes.filter(
      (code) => code.startsWith("restored-") && findingSeverities[code] === "refuse",
    );
    assert(problems.length > 10);
    assert.deepEqual(
      problems.filter((code) => !page.includes(`[\`${code}\`](`)),
      [],
    );
  });

  it("shows a restore, and a rehearsal's stack, that the settings accept", async () => {
    const [example, rehearsal] = yamlBlocks();
    const lab = stackFile.parse(parse(await readFile(new URL("../../../Pulumi.lab.yaml", import.meta.url), "utf8")));
    const harbor = { ...lab.config["postgres-recovery:harbor"], hold: undefined };
    const { restore } = settingsOf({ ...harbor, ...harborSchema.parse(example) });
    assert.deepEqual([restore?.id, restore?.targetTime], ["to-a-moment", "2026-11-28T22:37:05+00:00"]);

    const rehearsed = settingsOf(stackFile.parse(rehearsal).config["postgres-recovery:harbor"] ?? {});
    assert.equal(rehearsed.restore?.bucket, "harbor-database-backups");
    assert.notEqual(rehearsed.backup.bucket, rehearsed.restore.bucket);
    assert.equal(rehearsed.buckets.artifacts, undefined);
  });

  it("draws the steps in the order in which up does them", () => {
    const [, picture = ""] = /```mermaid\n(.*?)```/s.exec(page) ?? [];
    const places = order.map((name) => new RegExp(`(<b>|\\(\\[")${name}`).exec(picture)?.index ?? -1);
    assert(!places.includes(-1), order[places.indexOf(-1)]);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
  });
});

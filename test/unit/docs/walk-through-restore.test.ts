import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { s3Url } from "../../../domain/aws/s3-location.ts";
import { podConfigData, podSecretData } from "../../../domain/harbor/pod-config.ts";
import { restoreCheckRequestSchema } from "../../../domain/restore/check.ts";
import { restorePath } from "../../../domain/restore/restore.ts";
import { spiloLocation } from "../../../domain/spilo/path.ts";
import { parseSettings } from "../../../settings/settings.ts";

const stackFile = z.object({ config: z.record(z.string(), z.unknown()) });
const keys = { accessKeyId: "CANARY-id", secretAccessKey: "CANARY-key" };

describe("docs/walk-through-restore.md", () => {
  let page: string;
  before(async () => {
    page = await readFile(new URL("../../../docs/walk-through-restore.md", import.meta.url), "utf8");
  });

  const blocks = (language: string): string[] =>
    [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(([, text = ""]) => text);
  const jsonBlocks = (): unknown[] => blocks("json").map((text): unknown => JSON.parse(text));

  function harborOfPage(): NonNullable<ReturnType<typeof parseSettings>["harbor"]> {
    const { config } = stackFile.parse(parse(blocks("yaml")[0] ?? ""));
    const values = Object.entries(config).map(
      ([key, value]) => [key.replace("postgres-recovery:", ""), JSON.stringify(value)] as const,
    );
    const secrets = ["harborSecrets", JSON.stringify({ backup: keys, restore: keys })] as const;
    const { harbor } = parseSettings({
      stack: "lab",
      values: new Map([...values, secrets]),
      secretKeys: new Set(["harborSecrets"]),
    });
    assert(harbor);
    return harbor;
  }

  it("shows the restore that the settings make of its stack file, and the request that the check accepts", () => {
    const { restore, backup, cluster, spiloImage } = harborOfPage();
    const [shown, request] = jsonBlocks();
    assert.deepEqual(shown, JSON.parse(JSON.stringify(restore)));
    const accepted = restoreCheckRequestSchema.parse(request);
    assert.deepEqual(accepted.restore, shown);
    assert.deepEqual([accepted.cluster, accepted.image], [cluster, spiloImage]);
    const { bucket, region, credentials } = backup;
    assert.deepEqual(accepted.backup, { bucket, region, credentials });
  });

  it("shows every CLONE_ value of pod-config, the keys of the pod Secret, and the place in S3", () => {
    const { restore, backup } = harborOfPage();
    assert(restore);
    const declared = Object.entries(podConfigData(backup, restore)).filter(([key]) => key.startsWith("CLONE_"));
    const rows = [...page.matchAll(/^\| `(CLONE_\w+)` \| (?:`(.*?)`|empty) \|/gm)].map(([, key, value = ""]) => [
      key,
      value,
    ]);
    assert.deepEqual(rows.toSorted(), declared.toSorted());
    for (const key of Object.keys(podSecretData({ backup: keys, restore: keys }))) assert(page.includes(`\`${key}\``));
    assert(page.includes(s3Url(spiloLocation(restorePath(restore)))));
  });
});

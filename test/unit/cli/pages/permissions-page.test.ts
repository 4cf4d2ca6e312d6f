import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { permissionsPage } from "../../../../cli/pages/permissions-page.ts";
import { optionPermissions, stepPermissions } from "../../../../domain/steps/permissions.ts";
import { roleRules } from "../../../../domain/kubernetes/permissions.ts";

const clusterRole = z.object({
  kind: z.literal("ClusterRole"),
  metadata: z.object({ name: z.string() }),
  rules: z.unknown(),
});

describe("docs/permissions.md", () => {
  it("matches the code (npm run docs writes it)", async () => {
    assert.equal(
      await readFile(new URL("../../../../docs/permissions.md", import.meta.url), "utf8"),
      permissionsPage(),
    );
  });

  it("has a ClusterRole per command with exactly its permissions, and one for each option that needs more", () => {
    const blocks = [...permissionsPage().matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) =>
      clusterRole.parse(parse(text)),
    );
    assert.deepEqual(
      blocks.map(({ metadata, rules }) => [metadata.name, rules]),
      Object.entries(stepPermissions).flatMap(([command, held]) => [
        [`postgres-recovery-${command.replace(" ", "-")}`, roleRules(held)],
        ...optionPermissions
          .filter(({ step }) => step === command)
          .map(({ option, permissions }) => [
            `postgres-recovery-${command.replace(" ", "-")}${option.slice(1)}`,
            roleRules(permissions),
          ]),
      ]),
    );
  });
});

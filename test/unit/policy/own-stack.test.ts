import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { StanzaCreation } from "../../../components/stanza/stanza-creation.ts";
import { parseSettings } from "../../../settings/settings.ts";
import { readStackFile } from "../../../settings/stack-file.ts";
import { asJudged, saidOf } from "../../support/policies.ts";
import { registered } from "../../support/pulumi-mocks.ts";

describe("the policies, and the targets of the checked-in stack files", () => {
  for (const stack of ["dev", "lab"])
    it(`${stack}: only the dumps on a disk are told of, once for each target that runs`, async () => {
      const text = readFileSync(join(import.meta.dirname, `../../../Pulumi.${stack}.yaml`), "utf8");
      const { values } = readStackFile(text, "postgres-recovery");
      const { kubernetes, stanza } = parseSettings({ stack, values, secretKeys: new Set() });
      const resources = await registered(
        () => {
          new StanzaCreation("stanza", { kubernetes, ...stanza, last: {}, seen: new Map() });
        },
        () => undefined,
      );
      const said = await saidOf(asJudged(resources));
      assert.deepEqual([...said.keys()], ["stanza-dump-on-disk"]);
      const running = stanza.targets.filter(({ hold }) => hold === undefined);
      assert.equal(said.get("stanza-dump-on-disk")?.length, running.length);
    });
});

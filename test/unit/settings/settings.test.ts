import assert from "node:assert/strict";
import { formatObjectName } from "../../../domain/kubernetes/object-name.ts";
import { duration } from "../../../domain/duration.ts";
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { parse } from "yaml";
import { z } from "zod";
import { stackFileSchema } from "../../../settings/json-schema.ts";
import type { Settings } from "../../../settings/schema.ts";
import { parseSettings } from "../../../settings/settings.ts";
import { faultTest } from "../../support/fault-test.ts";

const kubernetes = JSON.stringify({ context: "lab" });

function settings(values: Record<string, string>, secretKeys: string[] = []): Settings {
  return parseSettings({ stack: "lab", values: new Map(Object.entries(values)), secretKeys: new Set(secretKeys) });
}

function problemsOf(values: Record<string, string>, secretKeys: string[] = []): string {
  try {
    settings(values, secretKeys);
  } catch (error) {
    assert(error instanceof Error);
    return error.message;
  }
  return assert.fail("the settings were accepted");
}

async function stackFile(stack: string): Promise<Settings> {
  const text = await readFile(new URL(`../../../Pulumi.${stack}.yaml`, import.meta.url), "utf8");
  const { config } = z.object({ config: z.record(z.string(), z.unknown()) }).parse(parse(text));
  const values = Object.entries(config).map(
    ([key, value]) => [key.replace(/^postgres-recovery:/, ""), JSON.stringify(value)] as const,
  );
  return settings(Object.fromEntries(values));
}

describe("the stack files", () => {
  it("lab has one target", async () => {
    const { kubernetes: access, stanza } = await stackFile("lab");
    assert.equal(access.context, "lab");
    assert.deepEqual(
      stanza.targets.map(({ cluster }) => formatObjectName(cluster)),
      ["consent/spicedb-psql"],
    );
  });

  it("dev has the six clusters without a stanza, and two on hold", async () => {
    const { kubernetes: access, stanza } = await stackFile("dev");
    assert.equal(access.context, "dev");
    assert.equal(stanza.targets.filter(({ hold }) => hold === undefined).length, 6);
    const held = stanza.targets
      .filter(({ hold }) => hold !== undefined)
      .map(({ cluster }) => formatObjectName(cluster));
    assert.deepEqual(held, ["ac-qr-publishing/ac-qr-db", "alt-authn-authz/a3-policy-db"]);
  });

  it("settings/stack.schema.json matches the schema (npm run docs writes it)", async () => {
    const written = await readFile(new URL("../../../settings/stack.schema.json", import.meta.url), "utf8");
    assert.deepEqual(JSON.parse(written), JSON.parse(JSON.stringify(stackFileSchema())));
  });
});

describe("parseSettings", () => {
  it("fills in the defaults", () => {
    const { stanza } = settings({
      kubernetes,
      stanza: JSON.stringify({ targets: [{ cluster: "consent/spicedb-psql" }] }),
    });
    assert.deepEqual(stanza, {
      dumpDirectory: "dumps",
      dumpMaxAge: duration("1h"),
      targets: [
        {
          cluster: { namespace: "consent", name: "spicedb-psql" },
          dump: true,
          firstBackup: false,
          repairAgain: false,
          attempt: 1,
          timeLimits: {
            info: duration("30s"),
            dump: duration("1h"),
            create: duration("10m"),
            operator: duration("2m"),
            backup: duration("2h"),
          },
        },
      ],
    });
  });

  faultTest(35, "names every problem in every key at once", () => {
    const problems = problemsOf({
      kubernetes: JSON.stringify({ contxt: "lab", kubeSystemUid: "no" }),
      stanza: JSON.stringify({
        targets: [
          { cluster: "a/b" },
          { cluster: "a/b", uid: "calendar-db", attempt: 0, hold: "soon" },
          { cluster: "A/b*", dump: false, timeLimits: { dump: "1e3" } },
        ],
      }),
      stanzas: "{}",
    });
    assert.equal(
      problems,
      `Pulumi.lab.yaml has wrong values under postgres-recovery:
✖ unknown key "stanzas": did you mean stanza?
✖ unknown key "contxt": did you mean context?
  → at kubernetes
✖ required
  → at kubernetes.context
✖ must be a UUID, such as 99e85b8a-3f92-4c86-8d42-5056348c1e7e
  → at kubernetes.kubeSystemUid
✖ listed more than once: a/b
  → at stanza.targets
✖ must be a UUID, such as 99e85b8a-3f92-4c86-8d42-5056348c1e7e
  → at stanza.targets[1].uid (a/b)
✖ write the reason in a few words (at least 10 characters)
  → at stanza.targets[1].hold (a/b)
✖ must be at least 1
  → at stanza.targets[1].attempt (a/b)
✖ must be NAMESPACE/CLUSTER, each of a-z, 0-9 and -, at most 63 characters
  → at stanza.targets[2].cluster
✖ must be true, or {skip: REASON} with a written reason of at least 10 characters
  → at stanza.targets[2].dump
✖ a duration is a whole number with s, m, h or d, such as 30s, 10m, 2h, at most 7d
  → at stanza.targets[2].timeLimits.dump`,
    );
  });

  faultTest(35, "refuses a target that is listed twice", () => {
    const problems = problemsOf({
      kubernetes,
      stanza: JSON.stringify({ targets: [{ cluster: "a/b" }, { cluster: "a/b" }] }),
    });
    assert.match(problems, /listed more than once: a\/b\n {2}→ at stanza\.targets/);
  });

  it("refuses a secret inside a key that is not secret, and does not print it", () => {
    const problems = problemsOf({ kubernetes: JSON.stringify({ context: "CANARY-1f9" }) }, ["kubernetes"]);
    assert.match(problems, /a secret value inside the key kubernetes/);
    assert.doesNotMatch(problems, /CANARY/);
  });

  it("never prints a value of an unknown key", () => {
    assert.doesNotMatch(problemsOf({ kubernetes, password: "CANARY-1f9" }, ["password"]), /CANARY/);
  });

  it("answers any input with settings or one error that names the stack file", () => {
    const values = fc.dictionary(fc.constantFrom("kubernetes", "stanza", "other"), fc.oneof(fc.json(), fc.string()));
    fc.assert(
      fc.property(values, (any) => {
        try {
          settings(any);
        } catch (error) {
          assert.match(error instanceof Error ? error.message : "", /^Pulumi\.lab\.yaml has wrong values/);
        }
      }),
    );
  });
});

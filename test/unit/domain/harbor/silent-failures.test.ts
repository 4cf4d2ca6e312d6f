import assert from "node:assert/strict";
import { gravest } from "../../../../domain/finding.ts";
import { checkPodConfig } from "../../../../domain/harbor/pod-config-check.ts";
import { spiloCaptures } from "../../../support/spilo-captures.ts";
import { faultTest } from "../../../support/fault-test.ts";

type Capture = (typeof spiloCaptures)[number];

/** What the real Spilo did with an environment that was meant for a clone; undefined when it looks where it was told. */
function misunderstanding({ method, envdirs }: Capture): string | undefined {
  if (method === "initdb") return "an empty database";
  if (method !== "clone_with_wale") return "a copy of another running database";
  const variable = (name: string): string | undefined =>
    Object.entries(envdirs).find(([path]) => path.includes("/env-clone") && path.endsWith(`/${name}`))?.[1];
  if (variable("USE_WALG_RESTORE") !== "true") return "a clone by WAL-E";
  const region = variable("AWS_REGION");
  if (region === "loca") return "a clone from the region loca";
  if (variable("AWS_ENDPOINT")?.includes("harbor-database-backups") === true) return "a clone from a wrong path";
  return undefined;
}

/** Data of pod-config and of the pod Secret that give the Pods this environment. The rest is the operator's own. */
function podConfigOf({ env }: Capture): Parameters<typeof checkPodConfig> {
  const byOperator = /^(SPILO_CONFIGURATION|WAL_BUCKET_SCOPE_(PREFIX|SUFFIX))$/;
  const entries = Object.entries(env).filter(([name]) => !byOperator.test(name));
  const isKey = ([name]: readonly [string, string]): boolean => name.includes("ACCESS_KEY");
  return [Object.fromEntries(entries.filter((entry) => !isKey(entry))), Object.fromEntries(entries.filter(isKey))];
}

describe("what the real Spilo misunderstands without an error", () => {
  const clones = spiloCaptures.filter(({ env }) => Object.keys(env).some((name) => name.startsWith("CLONE_")));
  const misunderstood = clones.flatMap((capture) => {
    const made = misunderstanding(capture);
    return made === undefined ? [] : [{ capture, made }];
  });

  for (const { capture, made } of misunderstood)
    faultTest(95, `${capture.case}: Spilo makes ${made}, and checkPodConfig refuses it`, () => {
      const findings = checkPodConfig(...podConfigOf(capture));
      assert.equal(gravest(findings), "refuse", JSON.stringify(findings));
    });

  it("is captured for each row of the known mistakes", () => {
    const made = new Set(misunderstood.map((one) => one.made));
    assert.equal(made.size, 5);
    assert.equal(misunderstood.length, 12);
  });

  it("is not what checkPodConfig refuses when everything is right", () => {
    for (const capture of clones.filter((one) => /^good clone(, target time)?$/.test(one.case)))
      assert.equal(gravest(checkPodConfig(...podConfigOf(capture))), "ok", capture.case);
  });
});

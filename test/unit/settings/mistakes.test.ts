import assert from "node:assert/strict";
import { z } from "zod";
import { parse } from "yaml";
import { RecoveryError } from "../../../domain/errors.ts";
import { parseSettings } from "../../../settings/settings.ts";
import { faultTest } from "../../support/fault-test.ts";

/** What is said about the value of `config:` in a stack file, as a person writes it. */
function problemsOf(yaml: string): string {
  const config = z.record(z.string(), z.unknown()).parse(parse(yaml));
  const values = Object.entries(config).map(
    ([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)] as const,
  );
  try {
    parseSettings({ stack: "dev", values: new Map(values), secretKeys: new Set() });
  } catch (error) {
    assert(error instanceof RecoveryError);
    return error.message.replace("Pulumi.dev.yaml has wrong values under postgres-recovery:\n", "");
  }
  return assert.fail("the settings were accepted");
}

function target(lines: string): string {
  return `
kubernetes: { context: dev }
stanza:
  targets:
    - cluster: calendar/scheduler-db
    - cluster: calendar/calendar-db
${lines.replaceAll(/^/gm, "      ")}`;
}

describe("a mistake in a stack file is named with its place and what to write instead", () => {
  const cases: readonly [what: string, yaml: string, said: string][] = [
    [
      "a misspelt key of a target",
      target("holds: somebody must look at it first"),
      '✖ unknown key "holds": did you mean hold?\n  → at stanza.targets[1] (calendar/calendar-db)',
    ],
    [
      "a misspelt key of the stanza part",
      "kubernetes: { context: dev }\nstanza: { targes: [] }",
      '✖ unknown key "targes": did you mean targets?\n  → at stanza',
    ],
    [
      "a key that resembles none",
      "kubernetes: { context: dev }\nstanza: { colour: red, dumpDirectry: x }",
      '✖ unknown key "colour"\n  → at stanza\n✖ unknown key "dumpDirectry": did you mean dumpDirectory?\n  → at stanza',
    ],
    [
      "a target without its colon",
      "kubernetes: { context: dev }\nstanza:\n  targets:\n    - cluster calendar/calendar-db",
      "✖ must begin with a key: write `- cluster: NAMESPACE/CLUSTER`\n  → at stanza.targets[0]",
    ],
    [
      "a number in quotes",
      target('attempt: "2"'),
      "✖ must be a number: remove the quotes\n  → at stanza.targets[1].attempt (calendar/calendar-db)",
    ],
    [
      "a hold without a reason",
      target("hold:"),
      "✖ write the reason in a few words (at least 10 characters)\n  → at stanza.targets[1].hold (calendar/calendar-db)",
    ],
    [
      "a duration without its unit",
      target("timeLimits: { dump: 30 }"),
      "✖ the unit is missing: a duration is a whole number with s, m, h or d, such as 30s, 10m, 2h, at most 7d\n  → at stanza.targets[1].timeLimits.dump (calendar/calendar-db)",
    ],
    [
      "a duration with a word",
      target("timeLimits: { dump: 10 min }"),
      "✖ a duration is a whole number with s, m, h or d, such as 30s, 10m, 2h, at most 7d\n  → at stanza.targets[1].timeLimits.dump (calendar/calendar-db)",
    ],
    [
      "a dump that is switched off without a reason",
      target("dump: false"),
      "✖ must be true, or {skip: REASON} with a written reason of at least 10 characters\n  → at stanza.targets[1].dump (calendar/calendar-db)",
    ],
    ["no context", "kubernetes: {}", "✖ required\n  → at kubernetes.context"],
    ["no Kubernetes cluster", "stanza: { targets: [] }", "✖ required\n  → at kubernetes"],
    ["an empty context", "kubernetes: { context: '' }", "✖ must not be empty\n  → at kubernetes.context"],
    [
      "a context that is a number in YAML",
      "kubernetes: { context: 2024 }",
      "✖ must be a text: put it in quotes\n  → at kubernetes.context",
    ],
    [
      "a key without its value",
      "kubernetes: { context: dev }\nstanza:\n  targets:",
      "✖ is empty: write a list, or remove the key\n  → at stanza.targets",
    ],
    [
      "a mapping instead of a list",
      "kubernetes: { context: dev }\nstanza:\n  targets:\n    cluster: calendar/calendar-db",
      "✖ must be a list\n  → at stanza.targets",
    ],
  ];
  for (const [what, yaml, said] of cases)
    faultTest(82, what, () => {
      assert.equal(problemsOf(yaml), said);
    });

  faultTest(82, "a value that is one of a few, and no value is quoted", () => {
    const harbor = (mode: string): string =>
      problemsOf(`
kubernetes: { context: dev }
harbor:
  buckets: { databaseBackups: { name: harbor-db, region: eu-west-2, objectLock: { mode: ${mode}, days: 1 } } }`);
    const place = "→ at harbor.buckets.databaseBackups.objectLock.mode";
    assert(
      harbor("goverance").includes(`✖ must be one of governance, compliance: did you mean governance?\n  ${place}`),
    );
    assert(harbor("CANARY").includes(`✖ must be one of governance, compliance\n  ${place}`));
    assert(!harbor("CANARY").includes("CANARY"));
  });
});

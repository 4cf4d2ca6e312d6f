import assert from "node:assert/strict";
import { execa } from "execa";
import fc from "fast-check";
import { z } from "zod";
import { junitReport } from "../../cli/check/junit.ts";
import type { CheckReport } from "../../domain/check/report.ts";
import { visibleText } from "../../domain/visible-text.ts";

/** Prints names, types, messages and texts of each document, as Python's own parser (expat) reads them. */
const program = `
import json, sys, xml.etree.ElementTree as tree
def read(text):
    cases = tree.fromstring(text).iter("testcase")
    return [[case.get("name"), case.get("classname"), [[each.tag, each.get("message"), each.text] for each in case]] for case in cases]
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
`;
const parsed = z.array(
  z.array(z.tuple([z.string(), z.string(), z.array(z.tuple([z.string(), z.string().nullable(), z.string()]))])),
);

/** Any text, with those characters often that XML reserves or forbids. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "<",
      ">",
      "&",
      '"',
      "'",
      "]]>",
      "\u0000",
      "\u001b",
      "\n",
      "\t",
      "\r",
      "\ufffe",
      "\uffff",
      "\ud800",
      "\u0085",
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
});

describe("check -o junit, read by another parser", function () {
  this.timeout("1m");

  it("every text arrives as it is, with what XML forbids as an escape", async () => {
    const samples = fc.sample(fc.tuple(text, text, text, text), { numRuns: 300, seed: 20261128 });
    const reports = samples.map(([resource, where, what, fix]): CheckReport => {
      const finding = {
        code: "image-unknown",
        severity: "unknown",
        file: null,
        line: null,
        resource,
        where,
        what,
        fix,
      } as const;
      return { version: 1, source: "cluster", context: "dev", resources: [resource], findings: [finding] };
    });
    const { stdout } = await execa("python3", ["-c", program], { input: JSON.stringify(reports.map(junitReport)) });
    const seen = parsed.parse(JSON.parse(stdout));
    for (const [index, [resource, where, what, fix]] of samples.entries()) {
      const [message, whole] = [shown(`${where}: ${what}`), shown(`${where}: ${what}; ${fix}`)];
      assert.deepEqual(seen[index], [["image-unknown", shown(resource), [["error", message, whole]]]]);
    }
  });
});

function shown(raw: string): string {
  return visibleText(raw).replaceAll(/[\ufffe\uffff]/g, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { anchor, findingsPage } from "../../../../cli/pages/findings-page.ts";
import { errorKinds } from "../../../../domain/catalogue/error-codes.ts";
import { areas, explanations } from "../../../../domain/catalogue/explanations.ts";
import { findingCodes, findingSeverities } from "../../../../domain/catalogue/finding-codes.ts";
import { passedChecks } from "../../../../domain/catalogue/passed-checks.ts";
import { stanzaDisagreements, stanzaFlags, stanzaStatuses } from "../../../../domain/catalogue/stanza-statuses.ts";

const errorCodes = Object.keys(errorKinds);
const statuses = { ...stanzaStatuses, ...stanzaFlags, ...stanzaDisagreements };
const checkout = new URL("../../../../", import.meta.url);

describe("docs/findings.md", () => {
  it("matches the code (npm run docs writes it)", async () => {
    assert.equal(await readFile(new URL("docs/findings.md", checkout), "utf8"), findingsPage());
  });

  it("has each code once, under an anchor that is the code", () => {
    const page = findingsPage();
    const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => anchor(title));
    const anchors = [...headings, ...[...page.matchAll(/<a id="(.*?)">/g)].map(([, id = ""]) => id)];
    assert.equal(new Set(anchors).size, anchors.length, "an anchor is there twice");
    for (const code of [...errorCodes, ...findingCodes, ...Object.keys(statuses)]) assert(anchors.includes(code), code);
    for (const [, link = ""] of page.matchAll(/\]\(#(.*?)\)/g)) assert(anchors.includes(link), link);
  });

  it("names only pages that exist", async () => {
    for (const [, file = ""] of findingsPage().matchAll(/(docs\/[a-z-]+\.md)/g))
      await readFile(new URL(file, checkout));
  });
});

describe("the catalogue of errors and findings", () => {
  it("has codes in kebab-case that are unique across errors, findings and statuses", () => {
    const codes = [...errorCodes, ...findingCodes, ...Object.keys(statuses)];
    assert.deepEqual(
      codes.filter((code) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(code)),
      [],
    );
    assert.equal(new Set(codes).size, codes.length);
  });

  it("explains each code in one area only", () => {
    const explained = areas.flatMap(({ entries }) => Object.keys(entries));
    assert.deepEqual(explained.toSorted(), Object.keys(explanations).toSorted());
    assert.deepEqual(
      [...explained, ...Object.keys(passedChecks)].toSorted(),
      [...errorCodes, ...findingCodes].toSorted(),
    );
  });

  for (const [code, explanation] of Object.entries({ ...explanations, ...statuses }))
    it(`${code}: no field is empty, and none is a fragment`, () => {
      const { title, ...fields } = explanation;
      assert.match(title, /\S.*[^.]$/);
      for (const [field, text] of Object.entries(fields)) assert.match(text, /^\S.*[^\s][.]$/s, field);
    });

  it("has an exit code for each error and a severity for each finding", () => {
    assert.equal(errorCodes.length + findingCodes.length, Object.keys({ ...errorKinds, ...findingSeverities }).length);
  });

  it("has no code that nothing uses", async () => {
    const sources: string[] = [];
    for await (const file of glob("{cli,clients,components,domain,operations,policy,settings}/**/*.ts", {
      cwd: checkout,
    }))
      if (!file.startsWith("domain/catalogue/")) sources.push(readFileSync(new URL(file, checkout), "utf8"));
    const text = sources.join("\n");
    // `unexpected` is a property there, not a text.
    const isUsed = (code: string): boolean => text.includes(`"${code}"`) || text.includes(`errorKinds.${code}`);
    assert.deepEqual(
      [...errorCodes, ...findingCodes].filter((code) => !isUsed(code)),
      [],
    );
  });
});

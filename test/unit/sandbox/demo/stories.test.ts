import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { announcement, demoProgram, storyFacts, type StoryName } from "../../../../sandbox/demo/stories.ts";

/** What `npm run demo -- …` does: the demo that runs, or the code with which it ends before one runs, and what it prints. */
async function demo(...parameters: string[]): Promise<{ ran?: StoryName; code?: string; printed: string }> {
  let ran: StoryName | undefined;
  let printed = "";
  const write = (text: string): void => {
    printed += text;
  };
  const program = demoProgram((name) => {
    ran = name;
    return Promise.resolve();
  })
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write });
  try {
    await program.parseAsync(parameters, { from: "user" });
    return { ...(ran && { ran }), printed };
  } catch (error) {
    assert(error instanceof CommanderError);
    return { ...(ran && { ran }), code: error.code, printed };
  }
}

describe("npm run demo", () => {
  it("runs the demo of stanzas unless another one is named", async () => {
    assert.equal((await demo()).ran, "stanza");
    assert.equal((await demo("stanza")).ran, "stanza");
    assert.equal((await demo("harbor")).ran, "harbor");
  });

  it("refuses an unknown name, and says which names there are", async () => {
    const { code, printed, ran } = await demo("habor");
    assert.deepEqual([ran, code], [undefined, "commander.invalidArgument"]);
    assert.match(printed, /'habor' is invalid.*stanza, harbor/);
  });

  it("--help names every demo with how long it takes, and runs none", async () => {
    const { code, printed, ran } = await demo("--help");
    assert.deepEqual([ran, code], [undefined, "commander.helpDisplayed"]);
    for (const [name, { firstTime, takes, what }] of Object.entries(storyFacts))
      assert(
        printed.includes(`${name.padEnd(6)}  ${what}`) && printed.includes(`(${takes}; the first time ${firstTime}`),
      );
  });

  it("says what it does and how long it takes before it begins", () => {
    assert.match(announcement("harbor"), /^This demo loses Harbor's database.*\nIt takes about \d+ minutes; the first/);
  });

  it("README.md names each demo with the same time", () => {
    const readme = readFileSync(new URL("../../../../README.md", import.meta.url), "utf8");
    for (const { takes } of Object.values(storyFacts)) assert(readme.includes(takes), takes);
  });
});

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const root = join(import.meta.dirname, "../../..");
const pages = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"))].map((name) =>
  join(root, name === "README.md" ? "" : "docs", name),
);

/** The anchors of a page: those that GitHub gives to headings, and those that are written as `<a id="…">`. */
function anchorsOf(page: string): string[] {
  const text = readFileSync(page, "utf8");
  const ofHeadings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\-_ ]/gu, "")
      .replaceAll(" ", "-"),
  );
  const written = [...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, anchor = ""]) => anchor);
  return [...ofHeadings, ...written];
}

describe("the pages of README.md and docs/", () => {
  for (const page of pages) {
    const text = readFileSync(page, "utf8");

    it(`${relative(root, page)}: every link leads to a page and a heading that exist`, () => {
      for (const [link, target = "", anchor] of text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)) {
        const file = target === "" ? page : join(dirname(page), target);
        assert(existsSync(file), link);
        if (anchor !== undefined) assert(anchorsOf(file).includes(anchor), link);
      }
    });

    it(`${relative(root, page)}: every file of the project that it names exists, with the names that it says are in it`, () => {
      const rooms = "bench|cli|clients|components|domain|operations|sandbox|settings|test";
      for (const [, file = ""] of text.matchAll(new RegExp(`\`((?:${rooms})/[\\w./-]+)\``, "g")))
        assert(existsSync(join(root, file)), file);
      for (const [, name = "", file = ""] of text.matchAll(/`(\w+)(?:\([\w, …]*\))?` in `([\w./-]+\.ts)`/g))
        assert(readFileSync(join(root, file), "utf8").includes(name), `${name} in ${file}`);
    });
  }
});

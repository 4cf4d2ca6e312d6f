import assert from "node:assert/strict";
import fc from "fast-check";
import { cutLines, visibleJson, visibleLine, visibleText } from "../../../domain/visible-text.ts";
import { faultTest } from "../../support/fault-test.ts";
import { hostileText, unsafeCharacter } from "../../support/hostile-text.ts";

describe("text from a cluster", () => {
  const attacks: readonly [what: string, text: string, shown: string][] = [
    ["clears the screen", "\u001b[2J\u001b[1A", "\\u{1b}[2J\\u{1b}[1A"],
    ["writes to the clipboard (OSC 52)", "\u001b]52;c;cm0gLXJm\u0007", "\\u{1b}]52;c;cm0gLXJm\\u{7}"],
    ["starts a command with one 8-bit character", "\u009b31m", "\\u{9b}31m"],
    ["overwrites its line", "Broken\rOkay", "Broken\\u{d}Okay"],
    ["reorders what is read (bidirectional override)", "\u202eyakO\u2066", "\\u{202e}yakO\\u{2066}"],
    ["hides a tag that Unicode does not assign", "a\u{e0002}b", "a\\u{e0002}b"],
    ["hides characters", "a\u200bb\ufeff\u{e0041}", "a\\u{200b}b\\u{feff}\\u{e0041}"],
    ["hides characters that are no format characters", "a\u3164b", "a\\u{3164}b"],
  ];
  for (const [what, text, shown] of attacks)
    faultTest(81, `is shown and not obeyed when it ${what}`, () => {
      assert.equal(visibleText(text), shown);
    });

  it("keeps words of any language, newlines and tabs, and reads CRLF as a newline", () => {
    assert.equal(visibleText("Größe 大きさ 😀\tx\r\ny\n"), "Größe 大きさ 😀\tx\ny\n");
  });

  faultTest(81, "never contains an unsafe character, whatever it was", () => {
    fc.assert(fc.property(hostileText, (text) => !unsafeCharacter.test(visibleText(text))));
    fc.assert(fc.property(hostileText, (text) => !/[\n\t]/.test(visibleLine(text))));
  });

  faultTest(81, "is exact in JSON, which contains no unsafe character either", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const json = visibleJson({ [text]: [text] });
        assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify({ [text]: [text] })));
        assert.doesNotMatch(json, unsafeCharacter);
      }),
    );
  });

  faultTest(62, "is cut to lines of 8 KiB, at the boundary of a character", () => {
    const whole = "x".repeat(8192);
    assert.equal(cutLines(`${whole}\n${whole}y\nshort\n`), `${whole}\n${whole}… (1 more bytes)\nshort\n`);
    assert.equal(cutLines(`${"x".repeat(8191)}éz`), `${"x".repeat(8191)}… (3 more bytes)`);
    fc.assert(
      fc.property(hostileText, (text) => {
        const lines = cutLines(text.repeat(2000)).split("\n");
        assert(lines.every((line) => Buffer.byteLength(line) < 8_300));
      }),
      { numRuns: 20 },
    );
  });
});

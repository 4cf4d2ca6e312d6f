import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { editedStackFile } from "../../../settings/stack-edit.ts";

const project = "postgres-recovery";
const restore = { id: "r1", scope: "postgresql-harbor-harbor", targetTime: "2026-11-21T09:30:00+00:00", prefix: "" };
const path = ["harbor", "restore"] as const;

/** What the edit adds: the lines that the result has and the text has not, which are together. */
function added(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const first = now.findIndex((line, index) => line !== old[index]);
  return now.slice(first, first + now.length - old.length);
}

const file = `# A salt.
encryptionsalt: v1:x
config:
  # Which cluster.
  postgres-recovery:kubernetes: { context: lab }   # the lab
  postgres-recovery:harbor:
    cluster: 'harbor-cluster/harbor-cluster'
    buckets:
        databaseBackups:   { name: "b", region: eu-west-2 }
        # Deeper than harbor's own keys.

    # The end of harbor.
  # Above stanza.
  postgres-recovery:stanza:
    targets:
    - cluster: calendar/calendar-db
      hold: >-
        somebody must look
        at it first
    # - cluster: utility/utility-db
    dumpDirectory: dumps
`;

describe("an edit of a stack file", function () {
  // Hundreds of files are parsed several times each.
  this.timeout("1m");

  it("adds a section behind the last key and comment of its mapping, and leaves all other lines as they are", () => {
    const edited = editedStackFile(file, project, { kind: "set", path, value: restore });
    assert.deepEqual(added(file, edited), [
      "    restore:",
      "      id: r1",
      "      scope: postgresql-harbor-harbor",
      '      targetTime: "2026-11-21T09:30:00+00:00"',
      '      prefix: ""',
    ]);
    assert(edited.includes("    # The end of harbor.\n    restore:"), edited);
    assert(edited.includes('prefix: ""\n  # Above stanza.'), edited);
  });

  it("removes a section with the comments inside it, and nothing else", () => {
    const edited = editedStackFile(file, project, { kind: "set", path, value: restore });
    const commented = edited.replace("      id: r1", "      # Why.\n      id: r1 # first\n      # More.");
    assert.equal(editedStackFile(commented, project, { kind: "remove", path }), file);
    const last = edited.replace('      prefix: ""\n', '      prefix: ""\n      # The last word.\n');
    assert.equal(editedStackFile(last, project, { kind: "remove", path }), file);
  });

  it("appends to a list that is not indented, before a comment above the next key", () => {
    const items = [{ cluster: "utility/utility-db" }, { cluster: "brr/db" }];
    const edited = editedStackFile(file, project, { kind: "append", path: ["stanza", "targets"], items });
    assert.deepEqual(added(file, edited), ["    - cluster: utility/utility-db", "    - cluster: brr/db"]);
    assert(edited.includes("at it first\n    - cluster: utility/utility-db"), edited);
  });

  it("makes the list, and the key above it, where there is none", () => {
    const items = [{ cluster: "brr/db" }];
    const bare = "config:\n  postgres-recovery:kubernetes:\n    context: lab";
    const edit = { kind: "append", path: ["stanza", "targets"], items } as const;
    const wanted = `${bare}\n  postgres-recovery:stanza:\n    targets:\n      - cluster: brr/db\n`;
    assert.equal(editedStackFile(bare, project, edit), wanted);
    const withKey = `${bare}\n  stanza:\n    repairAgain: true # always\n`;
    assert.equal(editedStackFile(withKey, project, edit), `${withKey}    targets:\n      - cluster: brr/db\n`);
  });

  it("keeps the line ends of Windows", () => {
    const windows = file.replaceAll("\n", "\r\n");
    const edited = editedStackFile(windows, project, { kind: "set", path, value: restore });
    assert.equal(
      edited,
      editedStackFile(file, project, { kind: "set", path, value: restore }).replaceAll("\n", "\r\n"),
    );
    assert.equal(editedStackFile(edited, project, { kind: "remove", path }), windows);
  });

  const refused: readonly [what: string, text: string][] = [
    ["a mapping in one line", "config:\n  postgres-recovery:harbor: { cluster: a/b }\n"],
    ["an alias", "config:\n  x:y: &h\n    cluster: a/b\n  postgres-recovery:harbor: *h\n"],
    ["no such key", "config:\n  postgres-recovery:kubernetes:\n    context: lab\n"],
    ["nothing at all", ""],
    ["a section that exists", "config:\n  postgres-recovery:harbor:\n    restore:\n      id: x\n"],
    ["mistakes in the YAML", "config:\n  postgres-recovery:harbor:\n\tcluster: CANARY\n"],
  ];
  for (const [what, text] of refused)
    it(`refuses ${what}, and quotes nothing of the file`, () => {
      assert.throws(
        () => editedStackFile(text, project, { kind: "set", path, value: restore }),
        (error: Error & { code?: string }) => error.code === "stack-not-editable" && !error.message.includes("CANARY"),
      );
    });

  const comment = fc.constantFrom("", "# a comment", "# key: value", "#");
  const scalar = fc.constantFrom(
    "plain text",
    "'single'",
    '"double"',
    "5",
    "true",
    "|\n        lines\n\n        more",
    "",
  );
  const line = fc.tuple(fc.constantFrom("a", "b", "c", "d"), scalar, comment, fc.boolean());
  const lines = fc.uniqueArray(line, { selector: ([key]) => key, minLength: 1, maxLength: 4 });

  it("changes only the edited section, and is undone by its opposite, whatever comments and forms surround it", () => {
    fc.assert(
      fc.property(lines, lines, comment, comment, (before, after, inner, outer) => {
        const body = (all: typeof before): string =>
          all
            .map(([key, value, said, blank]) => `${blank ? "\n" : ""}${said && `    ${said}\n`}    ${key}: ${value}\n`)
            .join("");
        const text = `config:\n  x:y: 1\n  postgres-recovery:harbor:\n${body(before)}    ${inner}\n  ${outer}\n  z:after:\n${body(after)}`;
        const edited = editedStackFile(text, project, { kind: "set", path, value: restore });
        const extra = added(text, edited);
        assert.equal(extra.length, 5);
        assert.equal(edited.replace(extra.join("\n") + "\n", ""), text);
        const content = parse(edited) as { config: Record<string, Record<string, unknown>> };
        assert.deepEqual(content.config["postgres-recovery:harbor"]?.["restore"], restore);
        assert.equal(editedStackFile(edited, project, { kind: "remove", path }), text);
      }),
      { numRuns: 200 },
    );
  });
});

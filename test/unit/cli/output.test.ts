import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { failureText, stackText } from "../../../cli/failure.ts";
import { findingsTable, logLine as findingLine } from "../../../cli/findings.ts";
import { shownText } from "../../../cli/output.ts";
import { createTable, logLine, scanTable } from "../../../cli/render.ts";
import { errorReportSchema } from "../../../domain/error-report.ts";
import type { ScanEntry } from "../../../domain/stanza/list-report.ts";
import { faultTest } from "../../support/fault-test.ts";
import { scanEntry } from "../../support/scan-entry.ts";
import { hostileText, unsafeCharacter } from "../../support/hostile-text.ts";

const checkout = join(import.meta.dirname, "../../..");

function entryWith(text: string): ScanEntry {
  const flag = { code: "no-backup", detail: text, command: text } as const;
  const names = { namespace: text, cluster: text, uid: text, pod: text };
  return scanEntry({ status: "broken", reason: text }, { ...names, flags: [flag] });
}

/** What each command prints for a person, with the same text wherever a cluster supplies one. */
const outputs: Readonly<Record<string, (text: string) => string>> = {
  "stanza list": (text) => scanTable(text, [entryWith(text)], "never"),
  "stanza list on a narrow terminal": (text) => scanTable(text, [entryWith(text)], "never", 60),
  "stanza list -o log": (text) => logLine(text, text, text, { status: "broken", reason: text }),
  "stanza create": (text) =>
    createTable(
      {
        version: 1,
        context: text,
        cluster: text,
        outcome: "created",
        status: { status: "broken", reason: text },
        leader: text,
        dump: { file: text, size: 1, uncompressedSize: 1, sha256: text },
        operator: "pending",
        startedAt: "2026-11-21T01:00:00.000Z",
        finishedAt: "2026-11-21T01:00:09.000Z",
      },
      "never",
    ),
  findings: (text) =>
    findingsTable([{ severity: "warn", code: "wal-gap", where: text, what: text, fix: text }], "never"),
  "a finding as a line": (text) =>
    findingLine({ severity: "warn", code: "wal-gap", where: text, what: text, fix: text }),
  "an error": (text) => failureText({ code: "unexpected", kind: "undetermined", message: text, next: text }),
  "the stack of an error": (text) => stackText(new Error(text, { cause: new Error(text) })),
};

describe("output for a person", () => {
  for (const [what, output] of Object.entries(outputs))
    faultTest(81, `never contains what a terminal would obey: ${what}`, () => {
      fc.assert(fc.property(hostileText, (text) => !unsafeCharacter.test(shownText(output(text), "never"))));
    });

  faultTest(81, "contains no colour but its own, with --color always", () => {
    const reason = "\u001b[32mOkay\u001b[39m";
    const text = shownText(scanTable("dev", [entryWith(reason)], "always"), "always");
    assert.deepEqual(text.match(/\u001b\[\d+m/g), ["\u001b[31m", "\u001b[39m"]);
    assert.match(text, /\u001b\[31mNo backup\u001b\[39m/);
    assert(text.includes("\\u{1b}[32mOkay"));
  });

  faultTest(81, "keeps the table's colours, and shows every other sequence beside them", () => {
    assert.equal(
      shownText("\u001b[31mBroken\u001b[39m \u001b[2J\u001b[32m", "always"),
      "\u001b[31mBroken\u001b[39m \\u{1b}[2J\u001b[32m",
    );
  });

  faultTest(81, "has a line for each cluster and finding, whatever line breaks their text contains", () => {
    const text = "x\n\nbrr   postgresql   Okay";
    assert.equal(logLine("a", "b", text, { status: "okay", backups: { count: 1 } }).split("\n").length, 1);
    assert.equal(
      findingLine({ severity: "warn", code: "wal-gap", where: text, what: text, fix: text }).split("\n").length,
      1,
    );
    const rows = scanTable(text, [entryWith(text)], "never").split("\n");
    assert(!rows.some((row) => row.startsWith("brr ")), rows.join("\n"));
  });

  it("is written in cli/output.ts, where it is made safe, and nowhere else", () => {
    const writers = globSync("cli/**/*.ts", { cwd: checkout }).filter((file) =>
      /\.write\(|console\./.test(readFileSync(join(checkout, file), "utf8")),
    );
    assert.deepEqual(writers.sort(), ["cli/output.ts"]);
  });
});

describe("the program", function () {
  this.timeout("30s");

  faultTest(81, "shows the names of a hostile kubeconfig, and obeys none", async () => {
    const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-hostile-"));
    try {
      const kubeconfig = join(directory, "kubeconfig");
      const evil = "\u001b[2J\u202eevil";
      await writeFile(
        kubeconfig,
        JSON.stringify({
          clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
          contexts: [{ name: evil, context: { cluster: "c", user: "ada" } }],
          users: [{ name: "ada", user: {} }],
        }),
      );
      const main = join(checkout, "cli/main.ts");
      const command = [main, "stanza", "list", "--kubeconfig", kubeconfig, "--context", "dev", "--debug", "-o", "json"];
      const { stdout, stderr } = await execa(process.execPath, command, { reject: false });
      assert.match(stderr, /has no context dev; it has: \\u\{1b\}\[2J\\u\{202e\}evil/);
      assert.doesNotMatch(`${stdout}${stderr}`, unsafeCharacter);
      const { error } = errorReportSchema.parse(JSON.parse(stdout));
      assert.match(error.message, new RegExp(`it has: ${RegExp.escape(evil)}$`));
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  faultTest(62, "never has a line on stderr at which Pulumi's command provider would hang", async () => {
    const long = "x".repeat(70_000);
    const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-output-"));
    try {
      const kubeconfig = join(directory, "kubeconfig");
      await writeFile(
        kubeconfig,
        JSON.stringify({ contexts: [{ name: long, context: { cluster: "c", user: "u" } }], clusters: [], users: [] }),
      );
      const main = join(checkout, "cli/main.ts");
      for (const parameters of [
        ["stanza", "list", "--kubeconfig", kubeconfig, "--context", "dev", "--debug"],
        ["stanza", "create", long],
        ["stanza", long],
      ]) {
        const { stderr } = await execa(process.execPath, [main, ...parameters], { reject: false });
        const lengths = stderr.split("\n").map((line) => Buffer.byteLength(line));
        assert(Math.max(...lengths) > 8_192, `the long text is in ${parameters.slice(0, 2).join(" ").slice(0, 30)}`);
        assert(Math.max(...lengths) < 8_300);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

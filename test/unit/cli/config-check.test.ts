import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { checkStackFile, checkTable } from "../../../cli/config/check.ts";
import { configCheckReportSchema } from "../../../domain/stack/config-check.ts";
import { readStackFile } from "../../../settings/stack-file.ts";
import { faultTest } from "../../support/fault-test.ts";

const main = join(import.meta.dirname, "../../../cli/main.ts");

function checked(text: string, hasDefaults = false) {
  return checkStackFile(readStackFile(text, "postgres-recovery"), { stack: "dev", hasDefaults });
}

/** What the table says of each problem: its place, and what is wrong. */
function said(text: string): string[] {
  const file = { stack: "dev", file: "Pulumi.dev.yaml", ...checked(text) };
  const [, , , ...rows] = checkTable({ version: 1, files: [file] }, "never", Infinity).split("\n");
  return rows.map((row) => row.replace(/^Pulumi\.dev\.yaml:/, "").replaceAll(/ {2,}/g, " "));
}

const config = (stanza: string): string => `config:
  postgres-recovery:kubernetes:
    context: dev
  postgres-recovery:stanza:
${stanza}`;

const targets = (lines: string): string =>
  config(`    targets:
      - cluster: calendar/scheduler-db
      - cluster: calendar/calendar-db
${lines.replaceAll(/^/gm, "        ")}`);

const harbor = (lines: string): string => `config:
  postgres-recovery:kubernetes: { context: lab }
  postgres-recovery:harbor:
    cluster: harbor-cluster/harbor-cluster
    externalUrl: https://harbor.example.com
    spiloImage: ghcr.io/zalando/spilo-16:3.3-p3
    backup: { credentials: secret }
    buckets:
      databaseBackups: { name: harbor-database-backups, region: eu-west-2 }
${lines}`;

describe("config check says what is wrong, where, and what to write instead", () => {
  const mistakes: readonly [what: string, text: string, ...rows: string[]][] = [
    [
      "a misspelt key of a target",
      targets("holds: somebody must look at it first"),
      '8:9 PROBLEM stanza.targets[1] (calendar/calendar-db): unknown key "holds": did you mean hold?',
    ],
    [
      "a misspelt list of targets",
      config("    targes:\n      - cluster: calendar/calendar-db"),
      '5:5 PROBLEM stanza: unknown key "targes": did you mean targets?',
    ],
    [
      "a target without its colon",
      config("    targets:\n      - cluster calendar/calendar-db"),
      "6:9 PROBLEM stanza.targets[0]: must begin with a key: write `- cluster: NAMESPACE/CLUSTER`",
    ],
    [
      "a number in quotes",
      targets('attempt: "2"'),
      "8:18 PROBLEM stanza.targets[1].attempt (calendar/calendar-db): must be a number: remove the quotes",
    ],
    [
      "a cluster that is listed twice",
      targets("").replace("scheduler-db", "calendar-db"),
      "5:5 PROBLEM stanza.targets: listed more than once: calendar/calendar-db",
    ],
    [
      "a hold without a reason",
      targets("hold:"),
      "8:14 PROBLEM stanza.targets[1].hold (calendar/calendar-db): write the reason in a few words (at least 10 characters)",
    ],
    [
      "a duration without its unit",
      targets("timeLimits: { dump: 30 }"),
      "8:29 PROBLEM stanza.targets[1].timeLimits.dump (calendar/calendar-db): the unit is missing: a duration is a whole number with s, m, h or d, such as 30s, 10m, 2h, at most 7d",
    ],
    [
      "a dump that is switched off without a reason",
      targets("dump: no"),
      "8:15 PROBLEM stanza.targets[1].dump (calendar/calendar-db): must be true, or {skip: REASON} with a written reason of at least 10 characters",
    ],
    ["no context", "config:\n  postgres-recovery:kubernetes: {}\n", "2:3 PROBLEM kubernetes.context: required"],
    [
      "keys in plain text",
      harbor("  postgres-recovery:harborSecrets: { backup: { accessKeyId: CANARY, secretAccessKey: CANARY } }"),
      "10:3 PROBLEM harborSecrets: the key harborSecrets holds secrets in plain text: set it with `pulumi config set --secret`",
    ],
    ["a tab", config("\ttargets: []"), "5:1 PROBLEM a tab begins this line: indent with spaces"],
    [
      "a colon in a text without quotes",
      targets("hold: see TICKET-1: ask first"),
      "8:15 PROBLEM a colon with a space after it begins a value: put the text in quotes, or correct the indentation of this line",
    ],
    [
      "a key that is there twice",
      targets("attempt: 1\nattempt: 2"),
      "9:9 PROBLEM the key is in this mapping twice: keep one",
    ],
  ];
  for (const [what, text, ...rows] of mistakes)
    faultTest(82, what, () => {
      const all = said(text);
      assert.deepEqual(all, rows);
      assert(!all.join().includes("CANARY"));
    });

  it("several mistakes are all named, in the order of the file", () => {
    assert.deepEqual(
      said(`${targets('attempt: "2"\nholds: x')}\n  postgres-recovery:kubernets: {}`).map(
        (row) => row.split(" ", 1)[0],
      ),
      ["8:18", "9:9", "10:3"],
    );
  });

  faultTest(120, "a key whose prefix is not the project's name", () => {
    const text = `${config("    targets: []")}\n  postgres-recovry:stanza: { targets: [] }\n  aws:region: eu-west-2\n`;
    assert.deepEqual(said(text), [
      "6:3 PROBLEM the key postgres-recovry:stanza is not read: its prefix must be the project's name, such as postgres-recovery:stanza",
    ]);
  });

  faultTest(121, "a moment without quotes", () => {
    const restore = (time: string): string =>
      harbor(`    restore:
      id: first
      scope: postgresql-harbor-harbor
      uid: 99e85b8a-3f92-4c86-8d42-5056348c1e7e
      postgresVersion: 12
      targetTime: ${time}
      credentials: secret
  postgres-recovery:harborSecrets: { secure: x }`);
    const place = "15:19 PROBLEM harbor.restore.targetTime";
    const quotes = "must be in quotes: without them Pulumi takes the moment for a date and writes it in another form";
    const rows = (time: string): string[] => said(restore(time)).filter((row) => row.includes("targetTime"));
    for (const time of ["2026-11-21T09:30:00Z", "2026-11-21T09:30:00+01:00", "2026-11-21 09:30:00", "2026-11-21"])
      assert.deepEqual(rows(time), [`${place}: ${quotes}`], time);
    for (const time of ['"2026-11-21T09:30:00Z"', "2026-11-21 09:30:00+00:00"]) assert.deepEqual(rows(time), [], time);
    assert.match(rows("2026-11-21T09:30:00").join(), /: must be a moment with its offset from UTC/);
  });

  it("a key without any prefix belongs to the project, as for Pulumi", () => {
    assert.deepEqual(said("config: { kubernetes: { contxt: dev } }"), [
      "1:11 PROBLEM kubernetes.context: required",
      '1:25 PROBLEM kubernetes: unknown key "contxt": did you mean context?',
    ]);
  });

  it("a value behind an alias has the place where the alias is used, and merged keys count", () => {
    assert.deepEqual(
      said(
        config(`    targets:
      - &first { cluster: a/a, attempt: "2" }
      - { <<: *first, cluster: b/b }`),
      ),
      [
        "6:41 PROBLEM stanza.targets[0].attempt (a/a): must be a number: remove the quotes",
        "7:9 PROBLEM stanza.targets[1].attempt (b/b): must be a number: remove the quotes",
      ],
    );
  });

  it("a mistake inside of what an alias stands for has the place of the anchor", () => {
    const aliased = config(`    targets:
      - { cluster: a/a, timeLimits: &limits { dump: 30 } }
      - { cluster: b/b, timeLimits: *limits }`);
    assert.deepEqual(
      said(aliased).map((row) => row.split(": ", 1)[0]),
      ["a/a", "b/b"].map((cluster, index) => `6:53 PROBLEM stanza.targets[${index}].timeLimits.dump (${cluster})`),
    );
  });

  it("what is no mapping at all", () => {
    assert.deepEqual(said("- config"), [
      "1:1 PROBLEM must be a mapping that has config:, with one key below it for each part",
    ]);
    assert.deepEqual(said(""), ["1:1 PROBLEM kubernetes: required"]);
  });
});

describe("config check and what the file does not tell", () => {
  const sealed = `harborSecrets: { secure: CANARY }`;

  it("encrypted keys are listed as not judged, and count as given", () => {
    const { notJudged, problems } = checked(harbor(`  postgres-recovery:${sealed}`));
    assert.deepEqual(
      { notJudged, problems },
      {
        notJudged: [{ line: 10, column: 36, setting: "harborSecrets" }],
        problems: [],
      },
    );
  });

  it("keys that are encrypted one by one: a missing one is found", () => {
    const secret = "{ accessKeyId: { secure: x }, secretAccessKey: { secure: y } }";
    const needs = harbor(`  postgres-recovery:harborSecrets: { restore: ${secret} }`);
    assert.deepEqual(
      checked(needs).problems.map(({ setting, status }) => [setting, status]),
      [["harborSecrets.backup", "wrong"]],
    );
    assert.deepEqual(checked(needs.replace("restore:", "backup:")).problems, []);
  });

  it("a secret inside a key that is not secret is wrong, also when the whole key is encrypted", () => {
    for (const stanza of ["{ targets: [{ cluster: a/b, hold: { secure: x } }] }", "{ secure: x }"]) {
      const [problem, ...others] = checked(`config: { kubernetes: { context: dev }, stanza: ${stanza} }`).problems;
      assert.match(problem?.message ?? "", /^a secret value inside the key stanza/);
      assert.deepEqual(others, []);
    }
  });

  it("a missing value is unknown, not wrong, when it may come from elsewhere; a wrong one is wrong", () => {
    const text = "config: { stanza: { targets: [{ clustr: a/b }] } }";
    const statuses = (file: string, hasDefaults: boolean) =>
      checked(file, hasDefaults).problems.map(({ message, status }) => `${status} ${message}`);
    const wrong = 'wrong unknown key "clustr": did you mean cluster?';
    const unknown = "unknown required, unless it comes from elsewhere: pulumi config --stack dev";
    assert.deepEqual(statuses(text, false).sort(), ["wrong required", "wrong required", wrong].sort());
    assert.deepEqual(statuses(text, true).sort(), [unknown, unknown, wrong].sort());
    assert.deepEqual(statuses(`environment: [prod]\n${text}`, false).sort(), [unknown, unknown, wrong].sort());
  });
});

describe("postgres-recovery config check", function () {
  this.timeout("30s");
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "config-check-"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: postgres-recovery\nruntime: nodejs\n");
    writeFileSync(join(folder, "Pulumi.dev.yaml"), config("    targets: []\n"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  async function run(...parameters: string[]) {
    const { exitCode, stderr, stdout } = await execa(process.execPath, [main, "config", "check", ...parameters], {
      cwd: folder,
      reject: false,
    });
    return { exitCode, stderr, stdout };
  }

  it("every stack file, by name; exit code 1 when something is wrong", async () => {
    assert.deepEqual(await run(), { exitCode: 0, stderr: "", stdout: "Pulumi.dev.yaml: nothing is wrong" });
    writeFileSync(join(folder, "Pulumi.a.yaml"), config("    targets: {}\n"));
    const { exitCode, stdout } = await run("-o", "json");
    assert.equal(exitCode, 1);
    const { files } = configCheckReportSchema.parse(JSON.parse(stdout));
    assert.deepEqual(
      files.map(({ file, problems, stack }) => [stack, file, problems.length]),
      [
        ["a", "Pulumi.a.yaml", 1],
        ["dev", "Pulumi.dev.yaml", 0],
      ],
    );
    assert.equal((await run("--stack", "organization/postgres-recovery/dev")).exitCode, 0);
  });

  it("exit code 3 when a value may come from elsewhere", async () => {
    writeFileSync(join(folder, "Pulumi.dev.yaml"), "environment: [prod]\n");
    assert.equal((await run()).exitCode, 3);
  });

  it("a stack without a file is a wrong argument, and a similar one is suggested", async () => {
    const { exitCode, stderr } = await run("--stack", "deev");
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /^error\[stack-unreadable\]: the project has no file of the stack deev\nnext: did you mean dev\? Or/,
    );
  });

  it("files are found from a folder below, and in the folder that Pulumi.yaml names", async () => {
    writeFileSync(join(folder, "Pulumi.yaml"), "name: postgres-recovery\nruntime: nodejs\nstackConfigDir: stacks\n");
    const { exitCode, stderr } = await run();
    assert.equal(exitCode, 2);
    assert.match(stderr, /^error\[stack-unreadable\]: the project has no stack file/);
    const stacks = join(folder, "stacks");
    mkdirSync(stacks);
    writeFileSync(join(stacks, "Pulumi.lab.yaml"), config("    targets: []\n"));
    const { stdout } = await execa(process.execPath, [main, "config", "check"], { cwd: stacks });
    assert.equal(stdout, "Pulumi.lab.yaml: nothing is wrong");
    assert.equal((await run()).stdout, "stacks/Pulumi.lab.yaml: nothing is wrong");
  });

  it("outside of a project it says where to run it", async () => {
    rmSync(join(folder, "Pulumi.yaml"));
    const { exitCode, stderr } = await run();
    assert.equal(exitCode, 2);
    assert.match(stderr, /there is no Pulumi\.yaml.*\nnext: run this in the folder of Pulumi\.yaml/);
  });

  it("loads neither Pulumi nor a client, which would take longer than the check", async () => {
    const hook =
      'import { registerHooks } from "node:module"; registerHooks({ load(url, context, next) { process.stderr.write(`${url}\\n`); return next(url, context); } });';
    const tellLoads = `data:text/javascript,${encodeURIComponent(hook)}`;
    const { stderr, stdout } = await execa(process.execPath, ["--import", tellLoads, main, "config", "check"], {
      cwd: folder,
    });
    assert.match(stdout, /nothing is wrong/);
    assert.match(stderr, /settings\/stack-file\.ts$/m);
    assert.doesNotMatch(stderr, /node_modules\/(@kubernetes|@aws-sdk|@pulumi|ws)\/|\/clients\/|\/operations\//);
  });
});

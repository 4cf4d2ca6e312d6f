import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { commandWords } from "../../../cli/completion/candidates.ts";
import { completionScripts } from "../../../cli/completion/scripts.ts";
import { FakeApiServer } from "../../support/fake-api-server.ts";
import { Terminal } from "../../support/terminal.ts";

const checkout = join(import.meta.dirname, "../../..");
const clusters = ["calendar/calendar-db", "calendar/scheduler-db", "brr/postgresql"];
/** A context with a colon, as in Amazon EKS: for bash a colon separates words. */
const eks = "arn:aws:eks:eu-west-2:111122223333:cluster/dev";

describe("commandWords reads a line as a shell does", () => {
  const cases: readonly [line: string, words: string[]][] = [
    ["a b", ["a", "b"]],
    ["a b ", ["a", "b", ""]],
    ["", [""]],
    ["a 'an hour ago' \"it's\" b", ["a", "an hour ago", "it's", "b"]],
    ["a an\\ hour", ["a", "an hour"]],
    ["a 'unfinished wo", ["a", "unfinished wo"]],
    ["a --x='b c'd", ["a", "--x=b cd"]],
    ["a ''", ["a", ""]],
  ];
  for (const [line, words] of cases)
    it(JSON.stringify(line), () => {
      assert.deepEqual(commandWords(line), words);
    });
});

describe("completion", function () {
  this.timeout("1m");
  let directory: string;
  let server: FakeApiServer;
  /** What the API server answers; a promise that never settles is an API server that hangs. */
  let status: number;
  let environment: Record<string, string>;
  let asked: string[];

  beforeEach(async () => {
    status = 200;
    asked = [];
    server = await FakeApiServer.start(({ url = "" }) => {
      asked.push(url);
      const items = clusters.map((cluster) => {
        const [namespace, name] = cluster.split("/");
        return { metadata: { namespace, name } };
      });
      const evil = { metadata: { namespace: "x", name: "$(touch evil)" } };
      return { status, body: status === 200 ? { items: [...items, evil] } : { kind: "Status", message: "forbidden" } };
    });
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-completion-"));
    const kubeconfig = join(directory, "kubeconfig");
    await writeFile(
      kubeconfig,
      JSON.stringify({
        "current-context": "test",
        clusters: [
          { name: "c", cluster: { server: server.url, "insecure-skip-tls-verify": true } },
          { name: "silent", cluster: { server: "https://192.0.2.1:6443" } },
        ],
        contexts: [
          { name: "test", context: { cluster: "c", user: "ada" } },
          { name: eks, context: { cluster: "c", user: "ada" } },
          { name: "silent", context: { cluster: "silent", user: "ada" } },
        ],
        users: [{ name: "ada", user: {} }],
      }),
    );
    await mkdir(join(directory, "dumps-of-today"));
    const path = [join(checkout, "bin"), join(checkout, "node_modules/.bin"), process.env["PATH"] ?? ""];
    environment = { PATH: path.join(delimiter), KUBECONFIG: kubeconfig, HOME: directory, TERM: "dumb" };
  });
  afterEach(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  async function completed(line: string): Promise<string[]> {
    const { stdout, exitCode, stderr } = await execa("postgres-recovery", ["complete", "--", line], {
      env: environment,
      reject: false,
    });
    assert.equal(exitCode, 0);
    assert.equal(stderr, "");
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((each) => each.replace(/\t.*/, ""));
  }

  const lines: readonly [line: string, words: string[]][] = [
    ["postgres-recovery st", ["stanza"]],
    ["postgres-recovery stanza ", ["list", "create", "help"]],
    ["postgres-recovery stanza create cal", ["calendar/calendar-db", "calendar/scheduler-db"]],
    ["postgres-recovery dump --context test b", ["brr/postgresql"]],
    ["postgres-recovery dump calendar/calendar-db ", []],
    ["postgres-recovery stanza list --context ", ["test", eks, "silent"]],
    ["postgres-recovery stanza list --context=te", ["--context=test"]],
    ["postgres-recovery stanza list -n c", ["calendar"]],
    ["postgres-recovery stanza list --color ", ["auto", "always", "never"]],
    ["postgres-recovery stanza list --color=a", ["--color=auto", "--color=always"]],
    ["postgres-recovery stanza list --wat", ["--watch"]],
    ["postgres-recovery stanza list --watch --wat", []],
    [
      "postgres-recovery stanza create --skip-dump 'an hour ago' cal",
      ["calendar/calendar-db", "calendar/scheduler-db"],
    ],
    ["postgres-recovery dump a/b --directory ", [":files"]],
    ["postgres-recovery config check --stack ", ["dev", "lab"]],
    ["postgres-recovery report --state=", [":files"]],
    ["postgres-recovery report fleet --from ", [":files"]],
    ["postgres-recovery report fleet --html=", [":files"]],
    ["postgres-recovery completion ", ["bash", "zsh", "fish"]],
    ["postgres-recovery nonsense ", []],
  ];
  for (const [line, words] of lines)
    it(`of "${line}" is ${words.join(", ") || "nothing"}`, async () => {
      assert.deepEqual((await completed(line)).sort(), words.toSorted());
    });

  it("asks for HarborClusters where a command takes one", async () => {
    await completed("postgres-recovery harbor status ");
    assert.deepEqual(asked, ["/apis/goharbor.io/v1beta1/harborclusters?limit=1000"]);
  });

  it("offers hidden commands and options nowhere", async () => {
    assert(!(await completed("postgres-recovery harbor ")).includes("fingerprint"));
    assert(!(await completed("postgres-recovery stanza create --r")).includes("--request"));
  });

  it("offers no name that Kubernetes forbids", async () => {
    assert.deepEqual(await completed("postgres-recovery dump x"), []);
  });

  it("is silent when the clusters may not be listed", async () => {
    status = 403;
    assert.deepEqual(await completed("postgres-recovery dump "), []);
  });

  it("is silent after two seconds when the API server does not answer", async () => {
    const started = performance.now();
    assert.deepEqual(await completed("postgres-recovery dump --context silent "), []);
    const seconds = (performance.now() - started) / 1000;
    assert(seconds < 10, `${seconds} s`);
  });

  /** What was typed, and what the completion adds to it. */
  type Typed = readonly [keys: string, added: RegExp];

  const wholeLine: readonly Typed[] = [
    ["postgres-recovery sta\t", /nza /],
    ["cre\t", /ate /],
    ["b\t", /rr\/postgresql /],
    ["--cont\t", /ext /],
    ["te\t", /st /],
  ];

  /** Types into an interactive shell, and returns the line that it completed. */
  async function completedIn(shell: string, setUp: string, typed: readonly Typed[]): Promise<string> {
    const terminal = await Terminal.start(shell, environment, directory);
    try {
      await terminal.run(setUp);
      for (const [keys, added] of typed) await terminal.type(keys, added);
      // Ctrl-A, `echo =`, Ctrl-E: the completed line is printed, and not run.
      const screen = await terminal.run("\u0001echo = \u0005");
      return /^= (.*)\r$/m.exec(screen)?.[1] ?? screen;
    } finally {
      await terminal.end();
    }
  }

  describe("in bash", () => {
    const inBash = (...typed: readonly Typed[]): Promise<string> =>
      completedIn("bash --norc --noprofile -i", "source <(postgres-recovery completion bash)", typed);

    it("completes commands, options and clusters at the prompt", async () => {
      assert.equal(await inBash(...wholeLine), "postgres-recovery stanza create brr/postgresql --context test");
    });

    it("completes a context that contains colons", async () => {
      assert.equal(
        await inBash(["postgres-recovery stanza list --context arn:aws:e\t", /ks:.*dev /]),
        `postgres-recovery stanza list --context ${eks}`,
      );
    });

    it("completes file names where a folder is expected", async () => {
      assert.equal(
        await inBash(["postgres-recovery dump a/b --directory dum\t", /ps-of-today\//]),
        "postgres-recovery dump a/b --directory dumps-of-today/",
      );
    });

    it("runs nothing of the line that is completed", async () => {
      // Ctrl-A, `#`: the rest of the line is a comment when it is run.
      const line = 'postgres-recovery dump "$(touch evil)" --cont\t';
      await completedIn("bash --norc --noprofile -i", "source <(postgres-recovery completion bash)", [
        [line, /ext /],
        ["\u0001# \u0005", /# /],
      ]);
      assert(!existsSync(join(directory, "evil")));
    });
  });

  it("the scripts are ones that their shells can read", async () => {
    for (const [shell, script] of Object.entries(completionScripts)) {
      const file = join(directory, shell);
      await writeFile(file, script);
      if (existsSync(`/usr/bin/${shell}`)) await execa(shell, [shell === "fish" ? "--no-execute" : "-n", file]);
    }
  });

  // These shells are no requirement of the project, so they are tested where they are installed.
  if (existsSync("/usr/bin/zsh"))
    it("in zsh completes commands, options and clusters at the prompt", async () => {
      // npm sets EDITOR=vi, which makes zsh use vi's keys.
      const setUp = "bindkey -e; autoload -Uz compinit && compinit -u -D; source <(postgres-recovery completion zsh)";
      assert.equal(
        await completedIn("zsh -f -i", setUp, wholeLine),
        "postgres-recovery stanza create brr/postgresql --context test",
      );
    });

  if (existsSync("/usr/bin/fish"))
    it("in fish completes commands, clusters and file names", async () => {
      const inFish = async (line: string): Promise<string[]> => {
        const script = `postgres-recovery completion fish | source; complete -C ${JSON.stringify(line)}`;
        const { stdout } = await execa("fish", ["--no-config", "-c", script], { env: environment, cwd: directory });
        return stdout.split("\n").map((each) => each.replace(/\t.*/, ""));
      };
      assert.deepEqual(await inFish("postgres-recovery stanza cr"), ["create"]);
      assert.deepEqual(await inFish("postgres-recovery dump ca"), ["calendar/calendar-db", "calendar/scheduler-db"]);
      assert((await inFish("postgres-recovery dump a/b --directory du")).includes("dumps-of-today/"));
    });
});

import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import type {
  CheckResponse,
  CreateResponse,
  DiffResponse,
  InvokeResponse,
  ReadResponse,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { propertiesOf, structOf, unknownString } from "../../sandbox/pulumi/property-diff.ts";
import type { Properties, PropertyValue } from "../../sandbox/pulumi/property-diff.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { vendorsPlugin } from "../../sandbox/pulumi/plugins.ts";
import { startPlugin, unaryCall } from "./plugin-harness.ts";
import type { StartedPlugin } from "./plugin-harness.ts";

const urn = "urn:pulumi:lab::test::command:local:Command::once";
const { Kind } = provider.PropertyDiff;
const { DiffChanges } = provider.DiffResponse;
const secret = (value: PropertyValue) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

/** For what the stand-in does otherwise on purpose: the suite also runs against the vendor's own provider. */
const standInTest = vendorsPlugin("command-provider") === undefined ? it : it.skip;

describe("the command provider", function () {
  this.timeout(30_000);

  let plugin: StartedPlugin;
  let client: ResourceProviderClient;
  let folder: string;

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "command-provider-")));
    plugin = await startPlugin("command-provider", folder);
    client = new services.ResourceProviderClient(plugin.address, grpc.credentials.createInsecure());
  });

  beforeEach(() => {
    plugin.logged.length = 0;
  });

  after(() => {
    client.close();
    plugin.stop();
    rmSync(folder, { recursive: true });
  });

  async function create(
    inputs: Properties,
    options: { preview?: boolean; timeout?: number } = {},
  ): Promise<Properties> {
    const request = new provider.CreateRequest().setUrn(urn).setName("once").setProperties(structOf(inputs));
    request.setPreview(options.preview ?? false).setTimeout(options.timeout ?? 0);
    const response = await unaryCall<CreateResponse>((done) => client.create(request, done));
    return propertiesOf(response.getProperties());
  }

  async function update(state: Properties, inputs: Properties, preview = false): Promise<Properties> {
    const request = new provider.UpdateRequest()
      .setUrn(urn)
      .setOlds(structOf(state))
      .setNews(structOf(inputs))
      .setPreview(preview);
    const oldInputs = Object.entries(state).filter(([name]) => name !== "stdout" && name !== "stderr");
    request.setOldInputs(structOf(Object.fromEntries(oldInputs)));
    const response = await unaryCall<UpdateResponse>((done) => client.update(request, done));
    return propertiesOf(response.getProperties());
  }

  function remove(state: Properties): Promise<Empty> {
    const request = new provider.DeleteRequest().setUrn(urn).setProperties(structOf(state));
    return unaryCall<Empty>((done) => client.delete(request, done));
  }

  async function diff(olds: Properties, news: Properties): Promise<DiffResponse> {
    const request = new provider.DiffRequest()
      .setUrn(urn)
      .setOlds(structOf(olds))
      .setOldInputs(structOf(olds))
      .setNews(structOf(news));
    return unaryCall<DiffResponse>((done) => client.diff(request, done));
  }

  function kinds(response: DiffResponse): Record<string, number> {
    const found: Record<string, number> = {};
    response.getDetaileddiffMap().forEach((change, path) => {
      found[path] = change.getKind();
    });
    return found;
  }
  const messages = () => plugin.logged.map(({ message }) => message);
  const file = (name: string) => join(folder, name);

  describe("create", () => {
    it("runs the script with /bin/sh and without set -e", async () => {
      const state = await create({ create: "false | true; false; echo $0" });
      assert.deepEqual(state, { create: "false | true; false; echo $0", stdout: "/bin/sh", stderr: "" });
    });

    it("hands the script to the given interpreter as its last argument", async () => {
      const state = await create({
        create: "one two",
        interpreter: ["/bin/sh", "-c", 'printf "%s|" "$@"', "name", "first"],
      });
      assert.equal(state["stdout"], "first|one two|");
    });

    it("returns an id that starts with the resource's name", async () => {
      const request = new provider.CreateRequest().setUrn(urn).setName("once").setProperties(structOf({}));
      const response = await unaryCall<CreateResponse>((done) => client.create(request, done));
      assert.match(response.getId(), /^once[0-9a-f]{8}$/);
    });

    it("runs nothing without a create script", async () => {
      assert.deepEqual(await create({ update: "echo no" }), { update: "echo no", stdout: "", stderr: "" });
    });

    it("trims one newline from the end of each output", async () => {
      const state = await create({ create: "printf 'a\\n\\n'; printf 'b\\n' >&2" });
      assert.equal(state["stdout"], "a\n");
      assert.equal(state["stderr"], "b");
    });
  });

  describe("update", () => {
    it("runs the update script, which replaces the outputs even when it prints nothing", async () => {
      const state = await create({ create: "echo first", update: "true" });
      assert.equal((await update(state, { create: "echo second", update: "true" }))["stdout"], "");
    });

    it("runs create again without an update script", async () => {
      const state = await create({ create: "echo first" });
      assert.equal((await update(state, { create: "echo second" }))["stdout"], "second");
    });

    it("keeps the outputs when there is no script at all", async () => {
      assert.equal((await update({ create: "echo first", stdout: "first", stderr: "" }, {}))["stdout"], "first");
    });
  });

  describe("diff", () => {
    it("finds no difference between equal inputs", async () => {
      const inputs = { create: "x", stdin: secret("s"), environment: { A: secret("1") }, triggers: ["a", { b: 1 }] };
      assert.equal((await diff(inputs, structuredClone(inputs))).getChanges(), DiffChanges.DIFF_NONE);
    });

    it("finds a difference when a value becomes a secret, or is one no longer", async () => {
      for (const [olds, news] of [
        ["s", secret("s")],
        [secret("s"), "s"],
      ] as const) {
        const response = await diff({ create: "x", stdin: olds }, { create: "x", stdin: news });
        assert.equal(response.getChanges(), DiffChanges.DIFF_SOME);
        assert.deepEqual(kinds(response), { stdin: Kind.UPDATE });
      }
    });

    it("names nothing inside of a secret", async () => {
      const response = await diff(
        { environment: secret({ A: "1", B: "1" }), stdin: { A: secret("1") } },
        { environment: secret({ A: "2", B: "1" }), stdin: { A: secret("2") } },
      );
      assert.deepEqual(kinds(response), { environment: Kind.UPDATE, "stdin.A": Kind.UPDATE });
    });

    it("names every changed property and asks for no replacement", async () => {
      const response = await diff(
        { create: "x", environment: { A: "1", B: "1" } },
        { create: "y", environment: { A: "2", B: "1" }, stdin: "s" },
      );
      assert.equal(response.getChanges(), DiffChanges.DIFF_SOME);
      assert.deepEqual(response.getDiffsList().sort(), ["create", "environment", "stdin"]);
      assert.deepEqual(kinds(response), { create: Kind.UPDATE, "environment.A": Kind.UPDATE, stdin: Kind.ADD });
      assert.deepEqual(response.getReplacesList(), []);
    });

    it("names a changed trigger by its index, for which the SDK asks for a replacement", async () => {
      const response = await diff({ triggers: ["a", { attempt: 1 }] }, { triggers: ["a", { attempt: 2 }, "new"] });
      assert.deepEqual(kinds(response), { "triggers[1].attempt": Kind.UPDATE, "triggers[2]": Kind.ADD });
    });

    it("replaces when all triggers are added or removed, whatever the SDK asks for", async () => {
      const response = await diff({}, { triggers: ["a"] });
      assert.deepEqual(kinds(response), { triggers: Kind.ADD_REPLACE });
      assert.deepEqual(response.getReplacesList(), ["triggers"]);
    });
  });

  describe("delete", () => {
    it("runs the script from the old state, with the last outputs", async () => {
      await remove({ delete: `printf %s "$PULUMI_COMMAND_STDOUT" > deleted`, stdout: "last", stderr: "" });
      assert.equal((await create({ create: "cat deleted" }))["stdout"], "last");
    });

    it("does nothing without a script", async () => {
      await remove({ create: "touch created", stdout: "", stderr: "" });
      assert.equal(existsSync(file("created")), false);
    });
  });

  it("reads the state back unchanged, so that there is no drift", async () => {
    const request = new provider.ReadRequest()
      .setId("once0")
      .setUrn(urn)
      .setProperties(structOf({ stdout: "old" }))
      .setInputs(structOf({ create: "x" }));
    const response = await unaryCall<ReadResponse>((done) => client.read(request, done));
    assert.equal(response.getId(), "once0");
    assert.deepEqual(propertiesOf(response.getProperties()), { stdout: "old" });
    assert.deepEqual(propertiesOf(response.getInputs()), { create: "x" });
  });

  describe("preview", () => {
    it("runs nothing and makes the outputs of a create unknown", async () => {
      const state = await create({ create: "touch ran" }, { preview: true });
      assert.deepEqual(state, { create: "touch ran", stdout: unknownString, stderr: unknownString });
      assert.equal(existsSync(file("ran")), false);
    });

    it("makes the outputs of an update unknown only where inputs changed", async () => {
      const state = { create: "touch ran", stdout: "old", stderr: "" };
      assert.equal((await update(state, { create: "touch ran" }, true))["stdout"], "old");
      assert.equal((await update(state, { create: "touch ran too" }, true))["stdout"], unknownString);
      assert.equal(existsSync(file("ran")), false);
    });
  });

  describe("failure", () => {
    it("names the exit code, the quoted script and both outputs in their order of arrival", async () => {
      const script = 'echo "out"; sleep 0.1; echo problem >&2\nexit 3';
      await assert.rejects(create({ create: script }), {
        message: `exit status 3: running ${JSON.stringify(script)}:\nout\nproblem\n`,
      });
    });

    it("names the signal that ended the script", async () => {
      await assert.rejects(create({ create: "kill -TERM $$" }), {
        message: 'signal: terminated: running "kill -TERM $$":\n',
      });
    });

    it("fails for output that is not UTF-8, although the script has run", async () => {
      await assert.rejects(create({ create: "touch ran-to-its-end; printf '\\377'", logging: "none" }), {
        message: "grpc: error while marshaling: string field contains invalid UTF-8",
      });
      assert.equal(existsSync(file("ran-to-its-end")), true);
    });

    it("quotes the system when the interpreter is missing", async () => {
      await assert.rejects(create({ create: "x", interpreter: ["/no/shell"] }), {
        message: 'fork/exec /no/shell: no such file or directory: running "x":\n',
      });
    });

    it("fails an update and a delete in the same way", async () => {
      await assert.rejects(
        update({ stdout: "", stderr: "" }, { update: "exit 4" }),
        /^Error: exit status 4: running "exit 4":\n$/,
      );
      await assert.rejects(
        remove({ delete: "exit 5", stdout: "", stderr: "" }),
        /^Error: exit status 5: running "exit 5":\n$/,
      );
    });
  });

  describe("environment", () => {
    it("extends the environment of the provider", async () => {
      const state = await create({
        create: 'echo "$GREETING"; test -n "$PATH"',
        environment: { GREETING: "good day" },
      });
      assert.equal(state["stdout"], "good day");
    });

    it("holds the previous outputs on update, not on create", async () => {
      const update_ = 'echo "[$PULUMI_COMMAND_STDOUT][$PULUMI_COMMAND_STDERR]"';
      const state = await create({ create: 'echo "${PULUMI_COMMAND_STDOUT-none}"; echo problem >&2', update: update_ });
      assert.equal(state["stdout"], "none");
      assert.equal((await update(state, { update: update_ }))["stdout"], "[none][problem]");
    });

    it("holds no previous outputs if they are switched off", async () => {
      const inputs = { update: 'echo "${PULUMI_COMMAND_STDOUT-none}"', addPreviousOutputInEnv: false };
      assert.equal((await update({ stdout: "old", stderr: "" }, inputs))["stdout"], "none");
    });

    it("fails when a variable is longer than the system allows", async () => {
      await assert.rejects(
        create({ create: "true", environment: { LONG: "x".repeat(140_000) } }),
        /^Error: fork\/exec \/bin\/sh: argument list too long: /,
      );
    });
  });

  describe("stdin", () => {
    it("is what the script reads", async () => {
      assert.equal((await create({ create: "cat", stdin: '{"a": 1}' }))["stdout"], '{"a": 1}');
    });

    it("is empty when none is given", async () => {
      assert.equal((await create({ create: "cat; echo end" }))["stdout"], "end");
    });

    it("may stay unread", async () => {
      assert.equal((await create({ create: "echo done", stdin: "x".repeat(1_000_000) }))["stdout"], "done");
    });
  });

  describe("folder", () => {
    it("is the program's by default", async () => {
      assert.equal((await create({ create: "pwd" }))["stdout"], folder);
    });

    it("is the given one if that exists", async () => {
      mkdirSync(file("work"));
      assert.equal((await create({ create: "pwd", dir: file("work") }))["stdout"], file("work"));
      await assert.rejects(
        create({ create: "pwd", dir: file("none") }),
        /^Error: chdir \S+\/none: no such file or directory: running "pwd":\n$/,
      );
    });
  });

  describe("logging", () => {
    const script = "echo out; sleep 0.1; echo problem >&2; sleep 0.1; printf rest";

    it("shows both outputs line by line as the resource's temporary status", async () => {
      await create({ create: script });
      assert.deepEqual(messages(), ["out", "problem", "rest"]);
      assert.deepEqual(plugin.logged[0], { message: "out", severity: "info", urn, ephemeral: true });
    });

    it("shows a line while the script runs", async () => {
      const run = create({ create: "echo early; while ! test -e go; do sleep 0.05; done" });
      await waitUntil("the first line", 20, () => Promise.resolve(messages().includes("early")));
      await create({ create: "touch go" });
      await run;
    });

    it("joins what both streams print into one line, and drops its carriage return", async () => {
      await create({ create: "printf half; sleep 0.1; printf ' a line\\r\\n' >&2; sleep 0.1; echo; echo last" });
      assert.deepEqual(messages(), ["half a line", "", "last"]);
    });

    const line = (bytes: number, where = ""): string =>
      `head -c ${bytes} /dev/zero | tr '\\0' x ${where}; echo ${where}`;

    it("shows a line of 65,535 bytes", async () => {
      await create({ create: line(65_535) });
      assert.deepEqual(
        messages().map(({ length }) => length),
        [65_535],
      );
    });

    it("does not care about longer lines of a stream that is not shown", async () => {
      const state = await create({ create: line(70_000), logging: "stderr" });
      assert.equal(state["stdout"], "x".repeat(70_000));
    });

    for (const [where, logging] of [
      ["", "stdoutAndStderr"],
      [">&2", "stderr"],
    ] as const) {
      standInTest(`refuses a longer line with ${logging}, at which the vendor's provider hangs for ever`, async () => {
        const endless = `${line(65_536, where)}; exec sleep 60`;
        await assert.rejects(
          create({ create: endless, logging }),
          /refuses a line of 64 KiB or more on a logged stream/,
        );
        await assert.rejects(create({ create: line(65_536, where), logging }), /refuses a line of 64 KiB or more/);
      });
    }

    for (const [logging, expected] of [
      ["stdoutAndStderr", ["out", "problem", "rest"]],
      ["stdout", ["out", "rest"]],
      ["stderr", ["problem"]],
      ["none", []],
    ] as const) {
      it(`shows ${expected.join(", ") || "nothing"} with ${logging}`, async () => {
        const state = await create({ create: script, logging });
        assert.deepEqual(messages(), expected);
        assert.equal(state["stdout"], "out\nrest");
      });
    }
  });

  describe("secrets", () => {
    it("reach the script in plain text and stay secret in the state", async () => {
      const inputs = {
        create: 'cat; echo "$TOKEN"',
        stdin: secret("from stdin "),
        environment: secret({ TOKEN: "from environment" }),
      };
      const state = await create(inputs);
      assert.deepEqual(state, { ...inputs, stdout: "from stdin from environment", stderr: "" });
    });
  });

  describe("time limit", () => {
    it("kills the script", async () => {
      await assert.rejects(create({ create: "echo started; exec sleep 60" }, { timeout: 1 }), {
        message: 'signal: killed: running "echo started; exec sleep 60":\nstarted\n',
      });
    });

    it("is cut to whole seconds", async () => {
      const killed: number[] = [];
      const limited = (timeout: number): Promise<unknown> =>
        create({ create: "exec sleep 60" }, { timeout }).catch(() => killed.push(timeout));
      const first = limited(1.9);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await Promise.all([first, limited(1.1)]);
      // Both end after one second, so the one that began first does.
      assert.deepEqual(killed, [1.9, 1.1]);
    });

    it("below a second runs nothing at all", async () => {
      await assert.rejects(create({ create: "touch too-late" }, { timeout: 0.5 }), {
        message: 'context deadline exceeded: running "touch too-late":\n',
      });
      assert.equal(existsSync(file("too-late")), false);
    });

    it("leaves a grandchild process alive, for which the resource then waits", async () => {
      const start = Date.now();
      await assert.rejects(create({ create: "sleep 2.5 & wait" }, { timeout: 1 }), /^Error: signal: killed/);
      assert.ok(Date.now() - start >= 2400);
    });
  });

  it("kills the script at once when the engine is gone in the middle of a call", async () => {
    const request = new provider.CreateRequest().setUrn(urn).setName("once");
    request.setProperties(structOf({ create: "echo $$ > pid; echo started; exec sleep 60" }));
    const call = client.create(request, () => undefined);
    await waitUntil("the start", 20, () => Promise.resolve(messages().includes("started")));
    const pid = Number(readFileSync(file("pid"), "utf8"));
    assert.equal(existsSync(`/proc/${pid}`), true);
    call.cancel();
    await waitUntil("the end of the script", 20, () => Promise.resolve(!existsSync(`/proc/${pid}`)));
  });

  describe("the function run", () => {
    async function invoke(args: Properties, token = "command:local:run"): Promise<Properties> {
      const request = new provider.InvokeRequest().setTok(token).setArgs(structOf(args));
      const response = await unaryCall<InvokeResponse>((done) => client.invoke(request, done));
      return propertiesOf(response.getReturn());
    }

    it("runs its command at once, and shows its output without a resource", async () => {
      const command = "cat; echo; sleep 0.1; echo problem >&2";
      assert.deepEqual(await invoke({ command, stdin: "in" }), {
        command,
        stdin: "in",
        stdout: "in",
        stderr: "problem",
      });
      assert.deepEqual(messages(), ["in", "problem"]);
      assert.deepEqual(plugin.logged[0], { message: "in", severity: "info", urn: "", ephemeral: true });
    });

    it("shows nothing with none", async () => {
      await invoke({ command: "echo out; echo problem >&2", logging: "none" });
      assert.deepEqual(messages(), []);
    });

    it("fails as a resource does", async () => {
      await assert.rejects(invoke({ command: "exit 3" }), { message: 'exit status 3: running "exit 3":\n' });
    });

    standInTest("is the only one that the stand-in knows", async () => {
      await assert.rejects(invoke({}, "command:local:other"), /knows only command:local:run/);
    });
  });

  standInTest("refuses what the stand-in does not know", async () => {
    const check = (type: string, inputs: Properties) => {
      const request = new provider.CheckRequest().setUrn(urn).setType(type).setNews(structOf(inputs));
      return unaryCall<CheckResponse>((done) => client.check(request, done));
    };
    const failures = (await check("command:local:Command", { create: "x", assetPaths: ["*"] })).getFailuresList();
    assert.deepEqual(
      failures.map((failure) => failure.getProperty()),
      ["assetPaths"],
    );
    await assert.rejects(check("command:remote:Command", {}), /knows only command:local:Command/);
  });

  // These come last, because a cancelled provider starts nothing more.
  describe("the end", () => {
    it("kills what is running and starts nothing more when the engine cancels", async () => {
      const run = create({ create: "echo started; exec sleep 60" });
      await waitUntil("the start", 20, () => Promise.resolve(messages().includes("started")));
      const killed = assert.rejects(run, /^Error: signal: killed/);
      await unaryCall((done) => client.cancel(new empties.Empty(), done));
      await killed;
      await assert.rejects(create({ create: "true" }), { message: 'context canceled: running "true":\n' });
    });

    it("outlives an engine that was killed", async () => {
      plugin.killEngine();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      assert.equal(plugin.isAlive(), true);
    });
  });
});

import { readFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { contextLayout } from "../../sandbox/host/directory.ts";
import type { Context } from "../../sandbox/pgo/inventory.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { down, up, upHarbor } from "../../sandbox/sandbox.ts";
import { mustRenew } from "./spoiled.ts";

/** The tests' own sandbox, separate from one that a user may have started. The variable allows parallel test runs. */
export const testDirectory =
  process.env["POSTGRES_RECOVERY_TEST_SANDBOX"] ?? join(tmpdir(), `postgres-recovery-test-${userInfo().uid}`);

let environment: Promise<Record<string, string>> | undefined;
let harbor: Promise<Record<string, string>> | undefined;
let wasStarted = false;

const progress = (line: string): void => {
  process.stderr.write(`    sandbox: ${line}\n`);
};

/** After a failure the next suite gets a sandbox of its own, so that it does not inherit what the failure left. */
function beginUse(): void {
  wasStarted = true;
  if (!mustRenew()) return;
  environment = undefined;
  harbor = undefined;
}

/** The environment of the tests' sandbox, which starts at the first call and stops after the last suite. */
export function sandboxEnvironment(): Promise<Record<string, string>> {
  beginUse();
  environment ??= down(testDirectory, progress).then(() => up(testDirectory, progress));
  return environment;
}

/** The environment of Harbor's part of the sandbox, which starts at the first call. From then on, every command uses its AWS. */
export function harborEnvironment(): Promise<Record<string, string>> {
  beginUse();
  harbor ??=
    environment === undefined
      ? down(testDirectory, progress).then(() => up(testDirectory, progress, { harbor: true, postgresClusters: false }))
      : environment.then(() => upHarbor(testDirectory, progress));
  environment = harbor;
  return harbor;
}

/** Called after all suites. */
export async function stopSandbox(): Promise<void> {
  if (wasStarted) await down(testDirectory, progress);
}

/** How a command ended. */
export interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as a user of the sandbox would, and never throws for its exit code. */
export async function runInSandbox(
  command: readonly [string, ...string[]],
  options: { cwd?: string; input?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const [program, ...parameters] = command;
  const env = { ...(await sandboxEnvironment()), ...options.env };
  const { exitCode, stdout, stderr } = await execa(program, parameters, { reject: false, ...options, env });
  return { exitCode, stdout, stderr };
}

/** A running command. */
export interface Running {
  /** Waits until the text has appeared in its output. */
  readonly until: (pattern: RegExp) => Promise<void>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Closes our end of its stdout and stderr. */
  readonly stopReading: () => void;
  readonly ended: Promise<Ended>;
}

/** Starts a command as {@link runInSandbox} does, without waiting for its end. */
export async function startInSandbox(
  command: readonly [string, ...string[]],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Running> {
  const [program, ...parameters] = command;
  const env = { ...(await sandboxEnvironment()), ...options.env };
  const running = execa(program, parameters, { reject: false, ...options, env });
  let output = "";
  for (const stream of [running.stdout, running.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return {
    until: (pattern) =>
      waitUntil(`${String(pattern)} in the output of ${program}`, 60, () => Promise.resolve(pattern.test(output))),
    signal: (name) => running.kill(name),
    stopReading: () => {
      running.stdout.destroy();
      running.stderr.destroy();
    },
    ended: running.then(({ exitCode, stdout, stderr }) => ({ exitCode, stdout, stderr })),
  };
}

/** Starts the CLI without waiting for its end. */
export function startCli(parameters: readonly string[]): Promise<Running> {
  return startInSandbox(["postgres-recovery", ...parameters]);
}

/** Runs the CLI, and returns its output and exit code. */
export function cli(...parameters: string[]): Promise<Ended> {
  return runInSandbox(["postgres-recovery", ...parameters]);
}

/** The same in a folder, such as that of a Pulumi project. */
export function cliIn(directory: string, ...parameters: string[]): Promise<Ended> {
  return runInSandbox(["postgres-recovery", ...parameters], { cwd: directory });
}

const run = z.object({ uid: z.int(), gid: z.int(), directory: z.string(), env: z.record(z.string(), z.string()) });
const podFile = z.object({ containers: z.record(z.string(), z.object({ run: run.optional() })) });

/** Options for a process like those in the Pod's database container: PGO's `database`, or Spilo's `postgres`. */
async function likeInPod(context: Context, namespace: string, pod: string) {
  await sandboxEnvironment();
  const file = join(contextLayout(testDirectory, context).pods, namespace, `${pod}.json`);
  const { database, postgres } = podFile.parse(JSON.parse(await readFile(file, "utf8"))).containers;
  const found = database?.run ?? postgres?.run;
  if (found === undefined) throw new Error(`${file} names no container that runs a database`);
  const identity = userInfo().uid === 0 ? { uid: found.uid, gid: found.gid } : {};
  return { ...identity, cwd: found.directory, env: found.env, extendEnv: false } as const;
}

/**
 * An independent check: runs a command beside the Pod's database, without the API server, the exec path or any of the
 * project's code.
 */
export async function askDirectly(
  context: Context,
  namespace: string,
  pod: string,
  ...argv: string[]
): Promise<string> {
  const [program = "", ...parameters] = argv;
  const { stdout } = await execa(program, parameters, await likeInPod(context, namespace, pod));
  return stdout;
}

/** Starts a command beside the Pod's database without waiting for it. The returned function kills it. */
export async function startDirectly(
  context: Context,
  namespace: string,
  pod: string,
  ...argv: string[]
): Promise<() => Promise<void>> {
  const [program = "", ...parameters] = argv;
  const running = execa(program, parameters, { ...(await likeInPod(context, namespace, pod)), reject: false });
  return async () => {
    running.kill("SIGKILL");
    await running;
  };
}

/** The codes of `pgbackrest info` per repository, asked directly: 1 is a missing stanza, 0 and 2 an existing one. */
export async function repositoryCodes(context: Context, namespace: string, pod: string): Promise<number[]> {
  const output = await askDirectly(
    context,
    namespace,
    pod,
    "pgbackrest",
    "--stanza=db",
    "--io-timeout=5",
    "--protocol-timeout=10",
    "info",
    "--output=json",
  );
  const info = z.array(z.object({ repo: z.array(z.object({ status: z.object({ code: z.int() }) })) }));
  return info.parse(JSON.parse(output)).flatMap(({ repo }) => repo.map(({ status }) => status.code));
}

/**
 * Whether each repository holds a valid stanza (2), or one with a backup (0), which PGO takes soon after the first create.
 * pgBackRest itself is asked.
 */
export async function holdsStanza(context: Context, namespace: string, pod: string): Promise<boolean> {
  const codes = await repositoryCodes(context, namespace, pod);
  return codes.length > 0 && codes.every((code) => code === 2 || code === 0);
}

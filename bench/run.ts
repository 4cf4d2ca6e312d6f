import { cpus, loadavg, release, tmpdir, totalmem, userInfo } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isSandbox } from "../sandbox/host/directory.ts";
import { down, up as sandboxUp } from "../sandbox/sandbox.ts";
import { backupVerify } from "./backup-verify.ts";
import { dump } from "./dump.ts";
import { rendered, type Bench, type Result } from "./measure.ts";
import { previewDev, previewHarbor, previewPolicies } from "./preview.ts";
import { onPath } from "./program.ts";
import { read } from "./read.ts";
import { registryCheck } from "./registry-check.ts";
import { report } from "./report.ts";
import { restoreCheck } from "./restore-check.ts";
import { scanMany } from "./scan-many.ts";
import { scan } from "./scan.ts";
import { start } from "./start.ts";
import { up } from "./up.ts";

/**
 * `npm run bench`: measures the CLI and the Pulumi program, each compared with a baseline. Progress goes to stderr, the
 * finished page to stdout. It asserts nothing, because figures depend on the machine.
 */
const benchmarks: Record<string, { readonly run: (bench: Bench) => Promise<Result>; readonly needsKubectl: boolean }> =
  {
    start: { run: start, needsKubectl: false },
    preview: { run: previewDev, needsKubectl: false },
    "preview-policies": { run: previewPolicies, needsKubectl: false },
    "preview-harbor": { run: previewHarbor, needsKubectl: false },
    scan: { run: scan, needsKubectl: true },
    "scan-many": { run: scanMany, needsKubectl: false },
    dump: { run: dump, needsKubectl: true },
    up: { run: up, needsKubectl: false },
    read: { run: read, needsKubectl: false },
    "restore-check": { run: restoreCheck, needsKubectl: false },
    report: { run: report, needsKubectl: false },
    "registry-check": { run: registryCheck, needsKubectl: false },
    "backup-verify": { run: backupVerify, needsKubectl: false },
  };

const usage = `usage: npm run bench -- [--repeat COUNT] [--gigabytes SIZE] [NAME…], NAME being one of ${Object.keys(benchmarks).join(", ")}`;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { repeat: { type: "string", default: "5" }, gigabytes: { type: "string", default: "1" } },
});
const [repeat, gigabytes] = [Number(values.repeat), Number(values.gigabytes)];
const unknown = positionals.filter((name) => !(name in benchmarks));
if (!(repeat >= 1) || !(gigabytes > 0) || unknown.length > 0) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}

const progress = (line: string): void => {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);
};
/** A separate sandbox, so that a user's own does not change. One that is already up is used and stays up. */
const directory =
  process.env["POSTGRES_RECOVERY_BENCH_SANDBOX"] ?? join(tmpdir(), `postgres-recovery-bench-${userInfo().uid}`);
const wasUp = await isSandbox(directory);
const started = performance.now();
try {
  const bench: Bench = { directory, repeat, gigabytes, progress, environment: await sandboxUp(directory, progress) };
  process.stdout.write(`${heading()}\n`);
  for (const [name, { run, needsKubectl }] of Object.entries(benchmarks)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    if (needsKubectl && !onPath("kubectl")) {
      progress(`${name}: skipped, because there is no kubectl on PATH to compare with`);
      continue;
    }
    progress(`${name}: starts; load ${load()}`);
    const result = await run(bench);
    process.stdout.write(`\n${rendered(result)}\n\nLoad of the machine at the end: ${load()}.\n`);
  }
  progress(`everything took ${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
} finally {
  if (!wasUp) await down(directory, progress);
}

function heading(): string {
  const [processor] = cpus();
  const machine = `${cpus().length} processors (${processor?.model ?? "unknown"}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  return `# Speed\n\nMeasured by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine}, Linux ${release()}, Node ${process.versions.node}. The sandbox (API servers, databases) ran on the same machine.`;
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(", ");
}

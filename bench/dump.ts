import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { sharedCluster } from "../sandbox/pgo/inventory.ts";
import { fill } from "./dump-data.ts";
import { everyAtMost, ratioAtMost, type Bench, type Figure, type Result } from "./measure.ts";
import { run, type Run } from "./program.ts";
import { formatObjectName } from "../domain/kubernetes/object-name.ts";

const database = "bench";
const {
  context,
  namespace,
  pods: [pod = ""],
} = sharedCluster;
/** The command that `postgres-recovery dump` runs. */
const dumpAll = ["pg_dumpall", "--no-role-passwords", "--lock-wait-timeout=60000"];

/** Compares a dump of one large database by the CLI (compressed, hashed, verified, synced) with `kubectl exec … > file`. */
export async function dump(bench: Bench): Promise<Result> {
  const { environment, gigabytes, progress, repeat } = bench;
  const folder = join(bench.directory, "bench-dumps");
  const psql = (statement: string) => execa("psql", ["-Xqc", statement], { env: environment });
  await psql(`drop database if exists ${database}`);
  await psql(`create database ${database}`);
  try {
    progress(`filling a database with ${gigabytes} GB`);
    await fill(database, gigabytes * 1e9, environment);
    await mkdir(folder, { recursive: true });
    const [local, kubectl, ours]: [Run[], Run[], Run[]] = [[], [], []];
    const sizes = { plain: 0, ours: 0 };
    for (let time = 1; time <= repeat; time += 1) {
      local.push(await run(["pg_dumpall", ...dumpAll.slice(1)], { environment }));
      kubectl.push(await byKubectl(bench, join(folder, "kubectl.sql")));
      ours.push(
        await run(
          ["postgres-recovery", "dump", formatObjectName(sharedCluster), "--context", context, "--directory", folder],
          { environment, memory: true },
        ),
      );
      sizes.plain = (await stat(join(folder, "kubectl.sql"))).size;
      sizes.ours = await sizeOf(folder, ".zst");
      await rm(folder, { recursive: true });
      await mkdir(folder);
      progress(
        `dump, ${time} of ${repeat}: ${ours.at(-1)?.seconds.toFixed(1)} s, ${ours.at(-1)?.peakMegabytes.toFixed(0)} MB; kubectl: ${kubectl.at(-1)?.seconds.toFixed(1)} s`,
      );
    }
    const kubectlTime = seconds("`kubectl exec … pg_dumpall > file`", kubectl);
    const ourTime = seconds("`postgres-recovery dump`", ours);
    const memory: Figure = {
      what: "peak memory of `postgres-recovery dump`",
      unit: "MB",
      values: ours.map(({ peakMegabytes }) => peakMegabytes),
    };
    return {
      title: `Dump of ${gigabytes} GB`,
      figures: [
        seconds("`pg_dumpall` on the machine itself, with its output discarded", local),
        kubectlTime,
        ourTime,
        memory,
      ],
      checks: [
        ratioAtMost("`postgres-recovery dump` to `kubectl exec … > file`", ourTime, kubectlTime, 1),
        everyAtMost(memory, 150),
      ],
      notes: [
        `kubectl's file has ${megabytes(sizes.plain)} MB. The CLI's file is compressed to ${megabytes(sizes.ours)} MB, hashed, checked for its end, and synced to disk.`,
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await psql(`drop database ${database}`);
  }
}

function byKubectl({ environment }: Bench, file: string): Promise<Run> {
  const target = ["--context", context, "exec", "--namespace", namespace, pod, "--container", "database"];
  return run(["kubectl", ...target, "--", ...dumpAll], { environment, stdout: file });
}

function seconds(what: string, runs: readonly Run[]): Figure {
  return { what, unit: "s", values: runs.map((each) => each.seconds) };
}

async function sizeOf(folder: string, ending: string): Promise<number> {
  const [name = ""] = (await readdir(folder)).filter((file) => file.endsWith(ending));
  return (await stat(join(folder, name))).size;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

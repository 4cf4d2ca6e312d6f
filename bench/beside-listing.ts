import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { S3Location } from "../domain/aws/s3-location.ts";
import { everyAtMost, ratioAtMost, type Bench, type Figure, type Result } from "./measure.ts";
import { run, type Run } from "./program.ts";

const checkout = dirname(import.meta.dirname);

/** A command of the CLI that lists objects, and what a bare listing of the same objects is. */
export interface Compared {
  /** Such as `restore check`. */
  readonly command: string;
  /** What else it does, for the reader of the figures. */
  readonly besides: string;
  /** Its arguments; `-o json` follows. */
  readonly parameters: readonly string[];
  readonly environment: Record<string, string>;
  readonly listed: S3Location;
  /** The least number of objects there. */
  readonly objects: number;
}

/**
 * Runs a command and a bare listing in turns, so that other work on the machine slows both. The goals: at most 1.2 times the
 * listing, and at most 200 MB.
 *
 * @returns the figures, and what the command printed at last.
 */
export async function besideListing(
  { progress, repeat }: Pick<Bench, "progress" | "repeat">,
  { besides, command, environment, listed, objects, parameters }: Compared,
): Promise<Pick<Result, "figures" | "checks"> & { readonly report: unknown }> {
  const folder = await mkdtemp(join(tmpdir(), "postgres-recovery-bench-"));
  try {
    await writeFile(join(folder, "list.js"), bareListing(listed, objects));
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
    await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
    const stdout = join(folder, "report.json");
    const argv = ["postgres-recovery", ...command.split(" "), ...parameters, "-o", "json"] as const;
    const [listings, checks]: [Run[], Run[]] = [[], []];
    // The first round only warms the caches.
    for (let time = 0; time <= repeat; time += 1) {
      const listing = await run(["node", join(folder, "list.js")], { environment, memory: true });
      const checked = await run(argv, { environment, stdout, memory: true });
      if (time === 0) continue;
      listings.push(listing);
      checks.push(checked);
      progress(`${command}, ${time} of ${repeat}: ${runText(checked)}; the bare listing: ${runText(listing)}`);
    }
    const baseline = secondsOf("a bare listing of the same objects, page by page, with the same SDK", listings);
    const figure = secondsOf(`\`postgres-recovery ${command}\`, with ${besides}`, checks);
    const memory: Figure = {
      what: `peak memory of \`postgres-recovery ${command}\``,
      unit: "MB",
      values: checks.map(({ peakMegabytes }) => peakMegabytes),
    };
    return {
      figures: [baseline, figure, memory],
      checks: [ratioAtMost(`\`${command}\` to the bare listing`, figure, baseline, 1.2), everyAtMost(memory, 200)],
      report: JSON.parse(await readFile(stdout, "utf8")),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function secondsOf(what: string, runs: readonly Run[]): Figure {
  return { what, unit: "s", values: runs.map(({ seconds }) => seconds) };
}

function runText({ peakMegabytes, seconds }: Run): string {
  return `${seconds.toFixed(1)} s, ${peakMegabytes.toFixed(0)} MB`;
}

/** A program that only lists the same keys. */
function bareListing({ bucket, prefix }: S3Location, objects: number): string {
  const input = JSON.stringify({ Bucket: bucket, Prefix: `${prefix}/` });
  return `import { paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
const client = new S3Client({ region: process.env.AWS_REGION });
let keys = 0;
for await (const { Contents = [] } of paginateListObjectsV2({ client }, ${input})) keys += Contents.length;
if (keys < ${objects}) throw new Error("only " + keys);
`;
}

import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { KilledRestore } from "./support/killed-restore.ts";
import { stopSandbox } from "./support/sandbox.ts";
import type { KillPoint } from "./support/write-gate.ts";

/**
 * `npm run test:kills`: restores Harbor's database again and again, kills `pulumi up` before and after its writes, and
 * compares the end with that of a restore that nobody has disturbed. Fails at the first difference.
 */
const usage = `usage: npm run test:kills -- [--seed NUMBER] [--rounds COUNT] [--kills COUNT] [--only TEXT]

--seed    which writes are chosen, and in which order. Default: 1
--rounds  how many restores. Default: until every write was killed before and after it
--kills   how many kills at most in one restore. Default: 6
--only    only writes whose name contains TEXT, such as "state", "api-server", "s3", "aws"
`;
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    rounds: { type: "string" },
    kills: { type: "string", default: "6" },
    only: { type: "string", default: "" },
  },
});
const [seed, kills] = [Number(values.seed), Number(values.kills)];
const rounds = values.rounds === undefined ? Number.POSITIVE_INFINITY : Number(values.rounds);
if (!Number.isInteger(seed) || !(kills >= 1) || !(rounds >= 1)) {
  process.stderr.write(usage);
  process.exit(2);
}

const progress = (line: string): void => {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);
};
const nameOf = ({ side, write }: KillPoint): string => `${side} ${write}`;

/** Numbers from 0 to 1 that depend on the seed only (mulberry32). */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const next = random(seed);
const restore = await KilledRestore.prepare(progress);
try {
  progress("a restore that nobody disturbs");
  const reference = await restore.round(() => false);
  const points = [...new Set(reference.passed.map(nameOf))].filter((point) => point.includes(values.only));
  progress(`${reference.seconds.toFixed(0)} s; ${points.length} points:\n  ${points.join("\n  ")}`);
  const open = new Set(points);
  const missed: string[] = [];
  let done = 0;
  for (let round = 1; round <= rounds && open.size > 0; round += 1) {
    const chosen = new Set([...open].toSorted(() => next() - 0.5).slice(0, kills));
    progress(`round ${round}: ${[...chosen].join("; ")}`);
    const { end, killedAt, seconds } = await restore.round((point) => chosen.has(nameOf(point)));
    assert.deepEqual(end, reference.end, `another end after ${killedAt.map(nameOf).join(", ")}`);
    for (const point of killedAt.map(nameOf)) open.delete(point);
    // A write that no restore repeats under the same name.
    if (killedAt.length === 0) {
      missed.push(...chosen);
      for (const point of chosen) open.delete(point);
    }
    done += killedAt.length;
    // A later run does not repeat a write that an earlier one has made: such a point waits for another round.
    progress(`round ${round}: the same end after ${killedAt.length} kills, ${seconds.toFixed(0)} s; ${open.size} left`);
  }
  progress(
    `${done} of ${points.length} points, each with the same end; not reached:\n  ${[...missed, ...open].join("\n  ")}`,
  );
} finally {
  await restore.stop();
  await stopSandbox();
}
process.exit();

import { spawn } from "node:child_process";
import { once } from "node:events";
import { z } from "zod";

const syllables = "ka ki ku sa shi ta chi na ni ma mi ra ri to mo no ha hi yo wa".split(" ");
/** The size of the distinct rows, which repeat after that. Far longer than a compressor's window. */
const distinctBytes = 32_000_000;
const blockBytes = 65_536;

/** Fills a table with rows like an application's: numbers, addresses, times and words of a language. It compresses to about a third. */
export async function fill(database: string, bytes: number, environment: Record<string, string>): Promise<void> {
  const blocks = [...textBlocks()];
  // Unlogged, because a dump does not read the table's WAL.
  const table = "create unlogged table notes (id int, mail text, amount numeric, written timestamptz, note text)";
  const psql = spawn("psql", ["-Xqd", database, "-c", table, "-c", "copy notes from stdin"], {
    stdio: ["pipe", "inherit", "inherit"],
    env: { ...process.env, ...environment },
  });
  const ended = once(psql, "close");
  for (let sent = 0, index = 0; sent < bytes; index += 1) {
    const block = blocks[index % blocks.length] ?? Buffer.alloc(0);
    sent += block.length;
    if (!psql.stdin.write(block)) await once(psql.stdin, "drain");
  }
  psql.stdin.end();
  const [code] = z
    .tuple([z.int()])
    .rest(z.unknown())
    .parse(await ended);
  if (code !== 0) throw new Error(`psql ended with exit code ${code}`);
}

function* textBlocks(): Generator<Buffer> {
  const random = pseudoRandom(1);
  // The square makes some words frequent and most words rare, as in a real language.
  const oneOf = (list: readonly string[]): string => list[Math.floor(random() ** 2 * list.length)] ?? "";
  const several = (least: number, more: number, next: () => string): string[] =>
    Array.from({ length: least + Math.floor(random() * more) }, next);
  const words = Array.from({ length: 4000 }, () => several(1, 4, () => oneOf(syllables)).join(""));
  let id = 0;
  for (let bytes = 0; bytes < distinctBytes; bytes += blockBytes) {
    let text = "";
    while (text.length < blockBytes) {
      id += 1;
      const mail = `${oneOf(words)}.${oneOf(words)}@example.com`;
      const written = new Date(1.6e12 + random() * 1e11).toISOString();
      text += `${[id, mail, (random() * 1e5).toFixed(2), written, several(10, 50, () => oneOf(words)).join(" ")].join("\t")}\n`;
    }
    yield Buffer.from(text);
  }
}

/** The same numbers in every run (mulberry32), so that runs are comparable. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

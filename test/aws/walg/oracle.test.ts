import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { segmentName } from "../../../domain/walg/segment-name.ts";
import { parseHistory } from "../../../domain/walg/timeline.ts";
import { backupFetch } from "../../../sandbox/walg/backup-fetch.ts";
import { walFetch } from "../../../sandbox/walg/wal.ts";
import { faultTest } from "../../support/fault-test.ts";
import { Postgres12 } from "../../support/postgres-12.ts";
import {
  damaged,
  drawnDamages,
  goodPrefix,
  isOfAnotherBackup,
  MemoryStorage,
  restored,
  verdicts,
  type Reached,
} from "../../support/restore-oracle.ts";

/** As many as the gate has time for; `npm run test:oracle` runs 500. */
const cases = 8;
const recoveries = 3;
const newest = "base_000000010000000000000008";

describe("backup verify --read and a restore of what it judges", function () {
  this.timeout("5m");
  const good = goodPrefix();
  const stderr = process.stderr.write.bind(process.stderr);

  before("without the lines that the stand-in for WAL-G prints for each part", () => {
    process.stderr.write = () => true;
  });
  after(() => {
    process.stderr.write = stderr;
  });

  faultTest(162, `say the same of ${cases} prefixes in which one object was damaged`, async () => {
    const prefix = await good;
    const backups = [...(await verdicts(prefix, false)).keys()];
    const disagreements: object[] = [];
    for (const [index, damage] of drawnDamages(prefix, 20_261_128).take(cases).toArray().entries()) {
      const backup = backups[index % backups.length] ?? "";
      const changed = damaged(prefix, damage);
      const said = (await verdicts(changed, true)).get(backup);
      const real = await restored(prefix, changed, backup);
      const isRefusal = said === undefined && isOfAnotherBackup(damage, backup);
      if (said !== real && !isRefusal) disagreements.push({ damage, backup, said, real });
    }
    assert.deepEqual(disagreements, []);
  });

  /** Where PostgreSQL 12 ended its recovery, by the history file that it wrote when it promoted. */
  async function recovered(prefix: Awaited<typeof good>): Promise<Reached> {
    const postgres = await Postgres12.prepare();
    try {
      const storage = new MemoryStorage(prefix);
      await backupFetch(storage, { directory: postgres.data, retrySeconds: 0 }, newest);
      const archive = join(postgres.directory, "archive");
      await mkdir(archive);
      const names = [...prefix.keys()].flatMap(
        (name) => /^wal_005\/(?<segment>[0-9A-F]{24})\.lz4$/.exec(name)?.[1] ?? [],
      );
      for (const name of names) await walFetch(storage, name, join(archive, name)).catch(() => undefined);
      await execa("chmod", ["-R", "a+rX", archive]);
      await postgres.recover(`cp ${archive}/%f %p`);
      const history = parseHistory(2, await readFile(join(postgres.data, "pg_wal", "00000002.history"), "utf8"));
      return segmentName(1, Number(((history.switches[0]?.at ?? 1n) - 1n) / 0x100_0000n));
    } finally {
      await postgres.stop();
    }
  }

  faultTest(162, `say the same as PostgreSQL 12 of ${recoveries} prefixes whose WAL was damaged`, async () => {
    const prefix = await good;
    const damages = drawnDamages(prefix, 7)
      .filter(({ name }) => /^wal_005\/[0-9A-F]{16}000000(09|0A|0B|0C)\.lz4$/.test(name))
      .take(recoveries);
    for (const damage of damages) {
      const changed = damaged(prefix, damage);
      const said = (await verdicts(changed, true)).get(newest);
      assert(said !== undefined);
      assert.equal(await recovered(changed), said, JSON.stringify(damage));
    }
  });
});

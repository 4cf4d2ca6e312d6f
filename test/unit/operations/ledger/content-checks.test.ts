import assert from "node:assert/strict";
import { isProven, judgeLedger } from "../../../../domain/ledger/judge.ts";
import { ledgerOf } from "../../../../domain/ledger/place.ts";
import type { Signer } from "../../../../domain/ledger/signature.ts";
import { steps, type ReportOf } from "../../../../domain/steps/steps.ts";
import { readLedger } from "../../../../operations/ledger/ledger.ts";
import { verifyEveryBackup } from "../../../../operations/restore/every-backup.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import type { FakeS3 } from "../../../support/fake-s3.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { MemoryLedger, newSigner } from "../../../support/memory-ledger.ts";
import { CapturedBucket } from "../../../support/read-bucket.ts";
import { walgPrefix } from "../../../support/walg.ts";

const place = ledgerOf({ bucket: "bkt", prefix: walgPrefix });
const request = {
  version: 1,
  kubernetes: { context: "test" },
  cluster: "harbor-cluster/harbor-cluster",
  store: {
    bucket: "bkt",
    region: "eu-west-2",
    scope: "postgresql-harbor-cluster-harbor-cluster",
    source: { uid: "99e85b8a-3f92-4c86-8d42-5056348c1e7e" },
    postgresVersion: 12,
    versionInPath: true,
  },
  read: true,
  remember: true,
  reverifyAfter: "30d",
  signingKeyFile: "key",
};

/** Verifies a bucket that also has a ledger. */
async function verify(s3: FakeS3, ledger: MemoryLedger, signer: Signer): Promise<ReportOf<"backup verify">> {
  const [list, text] = [s3.list.bind(s3), s3.text.bind(s3)];
  s3.list = (range, signal, take) =>
    range.prefix.startsWith(place.prefix) ? ledger.list(range, signal, take) : list(range, signal, take);
  s3.text = (object) => (object.key.startsWith(place.prefix) ? ledger.text(object) : text(object));
  const creator = { create: ledger.create.bind(ledger), close: () => undefined };
  const proofs = {
    signer,
    trusted: [signer.publicKey],
    tool: "postgres-recovery 0.1.0",
    connectCreator: () => Promise.resolve(creator),
  };
  const clients = { harbor: undefined, connectS3: () => Promise.resolve(s3), proofs };
  const task = steps["backup verify"].request.parse(request);
  return verifyEveryBackup(clients, task, new FakeSurroundings());
}

function reads(s3: FakeS3): string[] {
  return s3.requests.flatMap((line) => (line.startsWith("read ") ? line.slice(walgPrefix.length + 6) : []));
}

function codesOf({ findings }: Pick<ReportOf<"backup verify">, "findings">): string[] {
  return findings.map(({ code }) => code);
}

describe("backup verify --read --remember --reverify-after", () => {
  faultTest(119, "reads everything once, then nothing, then what is new or has changed", async () => {
    const [ledger, signer, bucket] = [new MemoryLedger(), await newSigner(), await CapturedBucket.load()];
    const segments = bucket.names(/^wal_005\/[0-9A-F]{24}\./).toSorted();
    const newest = segments.at(-1) ?? "";
    const last = bucket.get(newest);
    const first = bucket.lose(newest).s3();
    const report = await verify(first, ledger, signer);
    assert.equal(report.remembered, `s3://bkt/${place.prefix}/00000001.jws`);
    assert.deepEqual(report.notReadAgain, { backups: 0, segments: 0 });
    const all = reads(first);
    assert.equal(all.length, (report.read?.parts ?? 0) + (report.read?.segments ?? 0));
    assert(all.length > 10);

    const second = bucket.s3();
    const again = await verify(second, ledger, signer);
    assert.deepEqual(reads(second), []);
    assert.deepEqual(again.notReadAgain, { backups: report.backups.length, segments: report.read?.segments });
    assert.deepEqual(again.backups, report.backups);
    assert.deepEqual(codesOf(again), codesOf(report));

    // New WAL must follow from the segment before it, so that one is read, too.
    bucket.put(newest, last.content, last.modified);
    const more = bucket.s3();
    assert.equal((await verify(more, ledger, signer)).verdict, "warn");
    assert.deepEqual(reads(more).toSorted(), segments.slice(-2));

    const [part = ""] = bucket.names(/^basebackups_005\/base_[0-9A-F]+\/tar_partitions\/part_/);
    const [segment = ""] = bucket.names(/^wal_005\/00000001000000000000000A/);
    bucket.put(part, bucket.get(part).content, bucket.get(part).modified + 1);
    bucket.put(segment, bucket.get(segment).content.subarray(0, -9), bucket.get(segment).modified);
    const third = bucket.s3();
    const changed = await verify(third, ledger, signer);
    const [folder = ""] = part.split("/tar_partitions");
    assert.deepEqual(
      reads(third)
        .filter((name) => name.startsWith("basebackups_005/"))
        .toSorted(),
      all.filter((name) => name.startsWith(`${folder}/`)).toSorted(),
    );
    const wal = reads(third).filter((name) => name.startsWith("wal_005/"));
    assert(wal.includes(segment));
    assert(changed.findings.some(({ code }) => code === "wal-content-damaged"));

    const { signal } = new AbortController();
    const objects = await readLedger(ledger, place, { bound: signal, stop: signal });
    const { entries, findings } = await judgeLedger(place, objects, [signer.publicKey]);
    assert.deepEqual(
      findings.map(({ code }) => code),
      ["ledger-whole"],
    );
    assert.deepEqual(
      entries.filter(isProven).map(({ entry }) => entry.contents?.backups.length),
      [report.backups.length, 0, 0, 1],
    );
  });
});

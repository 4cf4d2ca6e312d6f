import assert from "node:assert/strict";
import { isProven, judgeLedger, type JudgedLedger } from "../../../../domain/ledger/judge.ts";
import { entryKey, ledgerOf } from "../../../../domain/ledger/place.ts";
import { signed, type NamedKey, type Signer } from "../../../../domain/ledger/signature.ts";
import { appendToLedger, readLedger } from "../../../../operations/ledger/ledger.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { draftOf, MemoryLedger, newSigner } from "../../../support/memory-ledger.ts";

const place = ledgerOf({ bucket: "bkt", prefix: "spilo/db/uid/wal/12" });
const { signal } = new AbortController();
const key = (number: number): string => entryKey(place.prefix, number);

/** A ledger with some entries, all of one signer. */
async function ledgerWith(entries: number): Promise<{ ledger: MemoryLedger; signer: Signer }> {
  const [ledger, signer] = [new MemoryLedger(), await newSigner()];
  for (let number = 1; number <= entries; number += 1)
    await appendToLedger(ledger.writer(signer), place, draftOf({ drill: `d${number}` }), signal);
  return { ledger, signer };
}

async function judged(ledger: MemoryLedger, keys: readonly NamedKey[]): Promise<JudgedLedger> {
  return judgeLedger(place, await readLedger(ledger, place, { bound: signal, stop: signal }), keys);
}

function codes({ findings }: JudgedLedger): string[] {
  return findings.map(({ code, severity }) => `${severity}: ${code}`);
}

function provenNumbers({ entries }: JudgedLedger): number[] {
  return entries.filter(isProven).map(({ number }) => number);
}

describe("the ledger of proofs", () => {
  it("is outside of WAL-G's root, with and without a version in the path", () => {
    assert.equal(place.prefix, "spilo/db/uid/proofs");
    assert.equal(ledgerOf({ bucket: "bkt", prefix: "spilo/db/uid/wal" }).prefix, "spilo/db/uid/proofs");
  });

  it("keeps what was proven, in order, and proves it by the public key", async () => {
    const { ledger, signer } = await ledgerWith(3);
    const result = await judged(ledger, [signer.publicKey]);
    assert.deepEqual(codes(result), ["ok: ledger-whole"]);
    assert.deepEqual(
      result.entries.filter(isProven).map(({ entry }) => [entry.number, entry.drill, entry.rtoSeconds]),
      [
        [1, "d1", 600],
        [2, "d2", 600],
        [3, "d3", 600],
      ],
    );
  });

  it("says that it is empty, and does not call that okay", async () => {
    assert.deepEqual(codes(await judged(new MemoryLedger(), [])), ["warn: ledger-empty"]);
  });

  it("proves nothing without a key", async () => {
    const { ledger } = await ledgerWith(2);
    const result = await judged(ledger, []);
    assert.deepEqual(codes(result), ["unknown: ledger-key-unknown", "unknown: ledger-key-unknown"]);
    assert.deepEqual(provenNumbers(result), []);
  });

  it("does not count an entry that it cannot read, or whose form it does not know", async () => {
    const { ledger, signer } = await ledgerWith(1);
    ledger.objects.set(key(2), await signed({ version: 2, number: 2 }, signer));
    const objects = await readLedger(ledger, place, { bound: signal, stop: signal });
    const unread = { number: 3, content: { failed: "access is denied" } };
    const result = await judgeLedger(place, [...objects, unread], [signer.publicKey]);
    assert.deepEqual(codes(result), ["unknown: ledger-entry-newer", "unknown: ledger-entry-unread"]);
    assert.deepEqual(provenNumbers(result), [1]);
  });

  faultTest(116, "does not count an entry that is not signed, or signed by somebody else", async () => {
    const { ledger, signer } = await ledgerWith(1);
    const thief = await newSigner();
    const entry = { ...draftOf(), version: 1, number: 2, previous: null, tool: "x" };
    ledger.objects.set(key(2), JSON.stringify(entry));
    ledger.objects.set(key(3), await signed({ ...entry, number: 3 }, { ...thief, id: signer.id }));
    ledger.objects.set(key(4), await signed({ ...entry, number: 4 }, thief));
    const withoutAlgorithm = Buffer.from('{"alg":"none","typ":"postgres-recovery-proof","kid":"x"}').toString(
      "base64url",
    );
    ledger.objects.set(key(5), `${withoutAlgorithm}.${Buffer.from(JSON.stringify(entry)).toString("base64url")}.`);
    const result = await judged(ledger, [signer.publicKey]);
    assert.deepEqual(codes(result), [
      "refuse: ledger-entry-forged",
      "refuse: ledger-entry-forged",
      "unknown: ledger-key-unknown",
      "refuse: ledger-entry-forged",
    ]);
    assert.deepEqual(provenNumbers(result), [1]);
  });

  faultTest(116, "does not count a real entry under another number or in another database's ledger", async () => {
    const { ledger, signer } = await ledgerWith(2);
    ledger.objects.set(key(3), ledger.objects.get(key(2)) ?? "");
    const other = new MemoryLedger();
    const elsewhere = draftOf({ place: "s3://bkt/spilo/other/uid/wal/12" });
    await appendToLedger(other.writer(signer), place, elsewhere, signal);
    assert.deepEqual(codes(await judged(ledger, [signer.publicKey])), ["refuse: ledger-entry-forged"]);
    assert.deepEqual(codes(await judged(other, [signer.publicKey])), ["refuse: ledger-entry-forged"]);
  });

  faultTest(117, "shows an entry that was removed, and a number that is far off costs nothing", async () => {
    const { ledger, signer } = await ledgerWith(3);
    ledger.objects.delete(key(2));
    const removed = await judged(ledger, [signer.publicKey]);
    assert.deepEqual(codes(removed), ["refuse: ledger-entry-missing"]);
    assert.match(removed.findings[0]?.what ?? "", /lacks entry 2$/);
    ledger.objects.set(key(99_999_999), "x");
    const far = await judged(ledger, [signer.publicKey]);
    assert.match(far.findings.at(-1)?.what ?? "", /lacks entry 2, entries 4 to 99999998$/);
  });

  faultTest(117, "shows an entry that was replaced by another one with a valid signature", async () => {
    const { ledger, signer } = await ledgerWith(3);
    const replaced = {
      ...draftOf({ verdict: "proven", drill: "other" }),
      version: 1,
      number: 1,
      previous: null,
      tool: "x",
    };
    ledger.objects.set(key(1), await signed(replaced, signer));
    const result = await judged(ledger, [signer.publicKey]);
    assert.deepEqual(codes(result), ["refuse: ledger-entry-replaced"]);
    assert.deepEqual(provenNumbers(result), [2, 3]);
  });

  faultTest(118, "gives each of two writers an entry of its own", async () => {
    const { ledger, signer } = await ledgerWith(1);
    let others = 0;
    ledger.beforeCreate = async () => {
      if ((others += 1) > 2) return;
      const first = new MemoryLedger();
      for (const [name, text] of ledger.objects) first.objects.set(name, text);
      await appendToLedger(first.writer(signer), place, draftOf({ drill: `other ${others}` }), signal);
      for (const [name, text] of first.objects) ledger.objects.set(name, text);
    };
    const entry = await appendToLedger(ledger.writer(signer), place, draftOf({ drill: "mine" }), signal);
    assert.equal(entry.number, 4);
    const result = await judged(ledger, [signer.publicKey]);
    assert.deepEqual(codes(result), ["ok: ledger-whole"]);
    assert.deepEqual(
      result.entries.filter(isProven).map(({ entry: { drill } }) => drill),
      ["d1", "other 1", "other 2", "mine"],
    );
  });

  faultTest(118, "writes one entry when the answer to the first try is lost", async () => {
    const { ledger, signer } = await ledgerWith(1);
    ledger.losesAnswers = true;
    const entry = await appendToLedger(ledger.writer(signer), place, draftOf({ drill: "mine" }), signal);
    assert.equal(entry.number, 2);
    assert.equal(ledger.objects.size, 2);
  });

  faultTest(118, "gives up when others come first again and again", async () => {
    const { ledger, signer } = await ledgerWith(1);
    ledger.beforeCreate = (name) => {
      ledger.objects.set(name, "of another writer");
      return Promise.resolve();
    };
    await assert.rejects(appendToLedger(ledger.writer(signer), place, draftOf(), signal), { code: "ledger-contended" });
  });
});

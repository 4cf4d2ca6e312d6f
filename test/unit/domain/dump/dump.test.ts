import assert from "node:assert/strict";
import fc from "fast-check";
import { dumpFileName, DumpTail, dumpTrailer, parseDumpPlace, partBytesFor } from "../../../../domain/dump/dump.ts";
import { faultTest } from "../../../support/fault-test.ts";

function completeAfter(chunks: readonly string[]): boolean {
  const tail = new DumpTail();
  for (const chunk of chunks) tail.push(Buffer.from(chunk));
  return tail.complete;
}

describe("DumpTail", () => {
  it("recognises a complete dump however the stream is split into chunks", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string()),
        fc.array(fc.nat({ max: dumpTrailer.length }), { maxLength: 6 }),
        (body, cuts) => {
          const at = [0, ...cuts.toSorted((a, b) => a - b), dumpTrailer.length];
          const pieces = at.slice(1).map((end, index) => dumpTrailer.slice(at[index], end));
          assert.equal(completeAfter([...body, ...pieces]), true);
        },
      ),
    );
  });

  faultTest(13, "is not complete when the end is missing or followed by more", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat({ max: dumpTrailer.length - 1 }), (body, length) => {
        assert.equal(completeAfter([body, dumpTrailer.slice(0, length)]), false);
      }),
    );
    assert.equal(completeAfter([dumpTrailer, "COPY 1\n"]), false);
    assert.equal(completeAfter([]), false);
  });

  faultTest(13, "is not complete when a terminal has turned line ends into CRLF", () => {
    assert.equal(completeAfter([dumpTrailer.replaceAll("\n", "\r\n")]), false);
  });
});

describe("dumpFileName", () => {
  it("contains context, namespace, cluster and time", () => {
    const at = new Date("2026-11-21T01:30:00.123Z");
    assert.equal(
      dumpFileName("dev", "calendar", "calendar-db", at),
      "dev.calendar.calendar-db.20261121T013000Z.sql.zst",
    );
  });

  it("never points outside the directory, whatever the context's name", () => {
    fc.assert(
      fc.property(fc.string(), (context) => {
        assert.match(
          dumpFileName(context, "n", "c", new Date(0)),
          /^[A-Za-z0-9_-]*\.n\.c\.19700101T000000Z\.sql\.zst$/,
        );
      }),
    );
  });
});

describe("parseDumpPlace", () => {
  it("reads everything that does not begin with s3: as a folder", () => {
    for (const directory of ["dumps", "/backup", "./s3:dumps", "s3", "../a b"])
      assert.deepEqual(parseDumpPlace(directory), { kind: "directory", directory });
  });

  it("never reads a place in S3 as a folder, however it is written", () => {
    fc.assert(
      fc.property(fc.constantFrom("s3:", "S3:", "s3:/", "s3://"), fc.string(), (scheme, rest) => {
        assert.notEqual(parseDumpPlace(scheme + rest)?.kind, "directory");
      }),
    );
  });
});

describe("partBytesFor", () => {
  it("chooses parts that S3 accepts, large enough for data that does not compress", () => {
    fc.assert(
      fc.property(fc.nat({ max: 4e13 }), (bytes) => {
        assert(partBytesFor(bytes) >= 5 * 1024 * 1024);
        assert(partBytesFor(bytes) * 10_000 >= bytes * 1.25);
      }),
    );
    assert.equal(partBytesFor(40e9), 5 * 1024 * 1024);
    assert(partBytesFor() * 10_000 >= 150e9);
  });
});

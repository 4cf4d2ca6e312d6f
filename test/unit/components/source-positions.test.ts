import assert from "node:assert/strict";
import { nameSourcesByPath } from "../../../components/source-positions.ts";

type Formatter = (error: Error, frames: NodeJS.CallSite[]) => unknown;
const standard: Formatter = Error.prepareStackTrace.bind(Error);

/** The stack of an error made here, formatted as after {@link nameSourcesByPath}. */
function stackAfter(formatter: Formatter): unknown {
  try {
    Error.prepareStackTrace = formatter;
    nameSourcesByPath();
    return new Error("CANARY").stack;
  } finally {
    Error.prepareStackTrace = standard;
  }
}

describe("nameSourcesByPath", () => {
  it("names this file by its path, as Pulumi's SDK expects", () => {
    const [message, first = ""] = String(stackAfter(standard)).split("\n");
    assert.equal(message, "Error: CANARY");
    // The SDK's own pattern (Resource.framePositionRegExp).
    const { file } = /^\s*at .* \((?<file>.*):(?<line>[0-9]+):(?<column>[0-9]+)\)$/.exec(first)?.groups ?? {};
    assert.equal(file, import.meta.filename);
  });

  it("keeps what an earlier formatter does, and changes only the places in it", () => {
    const mapped: Formatter = (error) =>
      `${error.message} file:///a:1:2\n    at f (file:///with%20space/x.ts:3:4)\n    at file:///y.ts:5:6\n    at g (/z.js:7:8)`;
    assert.equal(
      stackAfter(mapped),
      "CANARY file:///a:1:2\n    at f (/with space/x.ts:3:4)\n    at /y.ts:5:6\n    at g (/z.js:7:8)",
    );
  });

  it("leaves a stack that is no text to whoever asked for it", () => {
    const sites = stackAfter((_, frames) => frames);
    assert(Array.isArray(sites));
  });
});

import assert from "node:assert/strict";
import type { Exec, ExecOptions, ExecResult } from "../../../../clients/kubernetes/exec.ts";
import { namedBlobs } from "../../../../clients/pod/harbor-tables.ts";
import type { NamedBlob } from "../../../../domain/registry/blobs.ts";
import { podOf } from "../../../support/fake-harbor.ts";
import { faultSuite } from "../../../support/fault-test.ts";

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `sha256:${String(index).padStart(64, "0")}\t1\tartifact\n`).join("");
const exited = (code: number, stderr = ""): ExecResult => ({ end: "exited", code, stdout: "", stderr });

/** Prints the text, and ends as `kubernetesExec` does: it ends or destroys the stream. */
function printing(text: string, end: ExecResult): Exec {
  return (_container, _argv, { stdout }) => {
    stdout?.write(text);
    if (end.end === "exited") stdout?.end();
    else stdout?.destroy(new Error(end.message));
    return Promise.resolve(end);
  };
}

/** Prints the text and goes on until it is stopped. */
function endless(text: string): { readonly exec: Exec; readonly stopped: Promise<unknown> } {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const exec: Exec = (_container, _argv, { signal, stdout }: ExecOptions) => {
    stdout?.write(text);
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => {
        const reason: unknown = signal.reason;
        resolve(reason);
        reject(reason instanceof Error ? reason : new Error("aborted"));
      });
    });
  };
  return { exec, stopped: promise };
}

function read(exec: Exec): AsyncGenerator<NamedBlob> {
  const { signal } = new AbortController();
  return namedBlobs({ exec, leader: podOf(0, { role: "master" }), database: "core", seconds: 60, signal });
}

async function all(exec: Exec): Promise<number> {
  let count = 0;
  for await (const blob of read(exec)) count += blob.size ?? 0;
  return count;
}

faultSuite(113, "the blobs of Harbor's database", () => {
  it("are all read when the query ends with success", async () => {
    assert.equal(await all(printing(lines(5000), exited(0))), 5000);
    assert.equal(await all(printing("", exited(0))), 0);
  });

  it("are an error, not a shorter list, when the query fails after some lines", async () => {
    await assert.rejects(all(printing(lines(3), exited(1, "ERROR: canceling statement"))), /canceling statement/);
    await assert.rejects(all(printing(lines(3), { end: "broken", message: "the connection was cut" })), /was cut/);
  });

  it("are an error when a line is something else, and the query is stopped", async () => {
    const { exec, stopped } = endless(`${lines(1)}WARNING: something\n`);
    await assert.rejects(all(exec), /names no blob/);
    assert.match(String(await stopped), /names no blob/);
  });

  it("are asked no longer when nobody takes the rest", async () => {
    const { exec, stopped } = endless(lines(3));
    for await (const blob of read(exec)) {
      assert.equal(blob.size, 1);
      break;
    }
    await stopped;
  });
});

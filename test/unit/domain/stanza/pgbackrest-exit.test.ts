import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { z } from "zod";
import { createDecision, type CreateDecision } from "../../../../domain/stanza/pgbackrest-exit.ts";

const captured = z
  .array(z.object({ sample: z.string(), exitCode: z.int(), error: z.string() }))
  .parse(JSON.parse(readFileSync(new URL("../../../fixtures/stanza-create-exits.json", import.meta.url), "utf8")));

describe("createDecision", () => {
  const decisions: Record<CreateDecision, number[]> = {
    done: [0],
    retry: [50],
    "find-leader": [56],
    "retry-few": [42, 49, 101, 103],
    "look-again": [63, 124, 137],
    stop: [28, 29, 37, 39, 40, 41, 47, 55, 62, 95, 105, 126, 127],
  };
  for (const [decision, codes] of Object.entries(decisions)) {
    it(`${decision}: ${codes.join(", ")}`, () => {
      for (const code of codes) assert.equal(createDecision(code).decision, decision);
    });
  }

  const protocolErrors: readonly [error: string, decision: CreateDecision, meaning: RegExp][] = [
    ["expected value '2.59.1' for greeting key 'version' but got '2.45'", "stop", /another version of pgBackRest/],
    ["HTTP request failed with 403 (Forbidden):", "stop", /HTTP 403/],
    ["HTTP request failed with 404 (Not Found):", "stop", /HTTP 404/],
    ["HTTP request failed with 408 (Request Timeout):", "retry-few", /HTTP 408/],
    ["HTTP request failed with 429 (Too Many Requests):", "retry-few", /HTTP 429/],
    ["unexpected TLS eof", "retry-few", /closed the connection/],
    ["role to retrieve temporary credentials not found", "stop", /do not understand/],
    ["", "stop", /do not understand/],
  ];
  for (const [error, decision, meaning] of protocolErrors)
    it(`39 with "${error}": ${decision}`, () => {
      const found = createDecision(39, error === "" ? "" : `ERROR: [039]: ${error}`);
      assert.equal(found.decision, decision);
      assert.match(found.meaning, meaning);
    });

  it("retries only after captured errors that can go away by themselves", () => {
    for (const { sample, exitCode, error } of captured) {
      const { decision } = createDecision(exitCode, error);
      if (
        /existing|corruption|not empty|stop file|access denied|Permission denied|does not match|do not match/.test(
          error,
        )
      ) {
        assert.equal(decision, "stop", `${sample}: ${error}`);
      }
      if (error.includes("unable to acquire lock")) assert.equal(decision, "retry", sample);
      if (error.includes("unable to find primary")) assert.equal(decision, "find-leader", sample);
    }
  });

  it("stops at every unexplained exit code", () => {
    const known = new Set(Object.values(decisions).flat());
    fc.assert(
      fc.property(fc.integer(), (code) => {
        fc.pre(!known.has(code));
        assert.equal(createDecision(code).decision, "stop");
      }),
    );
  });
});

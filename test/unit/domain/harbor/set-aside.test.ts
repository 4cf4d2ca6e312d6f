import assert from "node:assert/strict";
import { readSetAside, whySetAside } from "../../../../domain/harbor/set-aside.ts";
import { faultSuite } from "../../../support/fault-test.ts";

faultSuite(28, "data that Patroni has set aside", () => {
  const missing = 'ERROR,3F000,"schema ""public"" does not exist"\n';

  it("are none when the Pod printed nothing, or something else", () => {
    for (const output of ["", "\n", "stat: not found\n", missing]) assert.equal(readSetAside(output), undefined);
  });

  it("have the mark of their attempt, and the last error of PostgreSQL's log", () => {
    assert.deepEqual(readSetAside(`4711-1764370000\n${missing}`), {
      mark: "4711-1764370000",
      error: { code: "3F000", message: 'schema "public" does not exist' },
    });
    assert.deepEqual(readSetAside("4711-1764370000\n"), { mark: "4711-1764370000", error: undefined });
  });

  it("failed for good without the schema public, which the message quotes with what to do", () => {
    const found = readSetAside(`1-1\n${missing}`);
    assert(found !== undefined);
    const { next, why } = whySetAside(found);
    assert.equal(why, `Spilo's post_init.sh failed: schema "public" does not exist`);
    assert.match(next, /no attempt can succeed with this backup.*restore\.targetTime/);
  });

  it("failed for a reason that only the Pod's log has, if the error is another one: its message may quote data", () => {
    const found = readSetAside('1-1\nERROR,22P02,"invalid input syntax: ""CANARYdata"""\n');
    assert(found !== undefined);
    const { next, why } = whySetAside(found);
    assert.match(why, /code 22P02$/);
    assert.match(next, /post_init/);
    assert.doesNotMatch(why + next, /CANARY/);
  });
});

import assert from "node:assert/strict";
import { execa } from "execa";
import type { Exec } from "../../../../clients/kubernetes/exec.ts";
import { podKeyDigest } from "../../../../clients/pod/spilo.ts";
import { keyDigest, keyVariables } from "../../../../domain/harbor/pod-keys.ts";
import { podOf } from "../../../support/fake-harbor.ts";
import { faultSuite } from "../../../support/fault-test.ts";

const pod = podOf(0, { keys: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], env: { AWS_REGION: "eu-west-2" } });
const { signal } = new AbortController();

/** Runs the remote command in the real shell of this machine, in a container with these variables. */
function containerWith(env: Record<string, string>): { readonly exec: Exec; readonly printed: string[] } {
  const printed: string[] = [];
  const exec: Exec = async (_container, [program = "", ...parameters]) => {
    const { exitCode = 1, stdout, stderr } = await execa(program, parameters, { env, extendEnv: false, reject: false });
    printed.push(stdout, stderr);
    return { end: "exited", code: exitCode, stdout, stderr };
  };
  return { exec, printed };
}

faultSuite(112, "the digest of a Pod's keys", () => {
  const path = { PATH: "/usr/bin:/bin" };
  const data = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "CANARY/with+ $signs" };
  const variables = keyVariables(pod, "pod-secret", data);
  const names = variables.map(({ name }) => name);

  it("is computed in the Pod as it is here, without printing a value", async () => {
    const { exec, printed } = containerWith({ ...path, ...data });
    assert.deepEqual(await podKeyDigest(exec, pod, "salt", names, signal), { digest: keyDigest("salt", variables) });
    assert.doesNotMatch(printed.join(), /CANARY/);
  });

  it("differs when a value is another one or missing, and with another salt", async () => {
    const expected = keyDigest("salt", variables);
    const others = [{ ...data, AWS_SECRET_ACCESS_KEY: "x" }, { AWS_ACCESS_KEY_ID: "id" }, {}];
    for (const env of others) {
      const answer = await podKeyDigest(containerWith({ ...path, ...env }).exec, pod, "salt", names, signal);
      assert("digest" in answer);
      assert.match(answer.digest, /^[0-9a-f]{64}$/);
      assert.notEqual(answer.digest, expected);
    }
    assert.notEqual(keyDigest("other", variables), expected);
  });

  it("is unknown when the Pod lacks a program", async () => {
    const { exec } = containerWith({ PATH: "/nowhere" });
    const answer = await podKeyDigest(
      (container, [, ...parameters], options) => exec(container, ["/bin/sh", ...parameters], options),
      pod,
      "salt",
      names,
      signal,
    );
    assert("unknown" in answer);
  });

  it("is about the variables that come from the pod Secret and have a value there", () => {
    assert.deepEqual(names, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    assert.deepEqual(keyVariables(pod, "another-secret", data), []);
    assert.deepEqual(keyVariables(pod, "pod-secret", { AWS_ACCESS_KEY_ID: "id" }), [
      { name: "AWS_ACCESS_KEY_ID", value: "id" },
    ]);
  });
});

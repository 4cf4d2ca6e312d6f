import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const checkout = dirname(dirname(dirname(import.meta.dirname)));
const read = (file: string): string => readFileSync(join(checkout, file), "utf8");

const step = z.object({
  uses: z.string().optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      "timeout-minutes": z.int().max(360),
      permissions: z.record(z.string(), z.string()),
      if: z.string(),
      steps: z.array(step),
    }),
  ),
});
const scripts = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read("package.json"))).scripts;
const gitlab = z.record(z.string(), z.unknown()).parse(parse(read("docs/gitlab-ci.yml")));

describe("the workflows of .github/workflows", () => {
  for (const file of globSync(".github/workflows/*.yml", { cwd: checkout })) {
    const text = read(file);
    const { jobs, permissions } = workflow.parse(parse(text));
    const steps = Object.values(jobs).flatMap((job) => job.steps);

    it(`${file}: each action is pinned by a whole digest, with its version beside it`, () => {
      const uses = steps.flatMap((each) => each.uses ?? []);
      assert(uses.length > 0);
      for (const action of uses) {
        assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
        assert.match(text, new RegExp(`uses: ${action} # v\\d+\\.\\d+\\.\\d+$`, "m"));
      }
    });

    it(`${file}: a workflow has no permission, and each job names its own`, () => {
      assert.deepEqual(permissions, {});
      for (const job of Object.values(jobs)) {
        const writes = Object.entries(job.permissions).filter(([, level]) => level === "write");
        assert(writes.every(([name]) => ["id-token", "pull-requests"].includes(name)));
        assert.equal(job.permissions["contents"], "read");
      }
    });

    it(`${file}: no command is put together from an expression, and no secret is in one`, () => {
      for (const { run = "" } of steps) assert.doesNotMatch(run, /\$\{\{/);
      assert.doesNotMatch(text, /pull_request_target|secrets: inherit/);
    });

    it(`${file}: every npm script that it runs exists`, () => {
      const names = steps.flatMap(({ run = "" }) => [...run.matchAll(/npm run (\S+)/g)].map(([, name = ""]) => name));
      assert(names.length > 0);
      for (const name of names) assert(name in scripts, name);
    });
  }

  it("a pull request of a fork gets no credentials", () => {
    const { jobs } = workflow.parse(parse(read(".github/workflows/preview.yml")));
    for (const job of Object.values(jobs))
      assert.match(job.if, /&& github\.event\.pull_request\.head\.repo\.full_name == github\.repository$/);
  });
});

describe("docs/gitlab-ci.yml", () => {
  it("runs the same scripts as the workflows", () => {
    const named = (text: string): Set<string> =>
      new Set([...text.matchAll(/npm run (ci:\w+)/g)].map(([, name = ""]) => name));
    const ofGithub = globSync(".github/workflows/*.yml", { cwd: checkout }).map(read).join("\n");
    assert.deepEqual(
      [...named(ofGithub)].filter((name) => name !== "ci:comment").sort(),
      [...named(JSON.stringify(gitlab))].sort(),
    );
  });
});

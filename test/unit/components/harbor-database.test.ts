import assert from "node:assert/strict";
import { steps } from "../../../domain/steps/steps.ts";
import { duration } from "../../../domain/duration.ts";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { HarborDatabase, type HarborDatabaseArgs } from "../../../components/harbor/harbor-database.ts";
import { proofTimeLimits, registryProofSchema, type DeclaredProof } from "../../../domain/restore/proof/request.ts";
import type { Restore } from "../../../domain/restore/restore.ts";
import { podConfigData, podSecretData } from "../../../domain/harbor/pod-config.ts";
import { requiredPgHba } from "../../../domain/harbor/pg-hba.ts";
import { faultSuite, faultTest } from "../../support/fault-test.ts";
import { asJudged, saidOf } from "../../support/policies.ts";
import { optionsOf, registered, valueOf, type Registered } from "../../support/pulumi-mocks.ts";

const scope = "postgresql-harbor-cluster-harbor-cluster";
const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const store = { bucket: "harbor-db", region: "eu-west-2", credentials: "secret" } as const;
const restore: Restore = {
  ...store,
  id: "after-the-fire",
  scope,
  source: { uid },
  postgresVersion: 12,
  versionInPath: true,
};
const keys = {
  backup: { accessKeyId: "CANARY-1", secretAccessKey: "CANARY-2" },
  restore: { accessKeyId: "CANARY-3", secretAccessKey: "CANARY-4" },
};
const proof: DeclaredProof = {
  expect: { databases: ["core"], queries: [{ database: "core", sql: "select 1", equals: "1" }] },
  amcheck: "if-installed",
  harbor: { insecure: false },
  registry: registryProofSchema.parse({}),
  systemIdentifier: undefined,
  lostAt: "2026-11-20T23:30:00+00:00",
  timeLimits: proofTimeLimits.parse({}),
};
const secretMark = "4dabf18193072939515e22adb298388d";
const args: HarborDatabaseArgs = {
  kubernetes: { context: "lab" },
  cluster: { namespace: "harbor-cluster", name: "harbor-cluster" },
  operatorNamespace: "harbor-operator-ns",
  podConfig: "pod-config",
  podSecret: "pod-secret",
  externalUrl: "https://harbor.example.com",
  spiloImage: "ghcr.io/zalando/spilo-16:3.3-p3",
  backup: { ...store, schedule: "0 1 * * *", retainDays: 5 },
  buckets: {
    artifacts: { name: "harbor-artifacts", region: "eu-west-2" },
    databaseBackups: { name: "harbor-db", region: "eu-west-2" },
  },
  iamPolicies: true,
  secrets: { also: [], region: "eu-west-2", restore: true },
  proof,
  ownPgHbaLines: ["host all ops 10.1.0.0/16 md5"],
  timeLimits: { resource: duration("15m"), operator: duration("5m"), pod: duration("10m") },
  keys: pulumi.secret(keys),
};

const at = "2026-11-21T01:00:00.000Z";
const harbor = "harbor-cluster/harbor-cluster";
const common = { version: 1, context: "lab", cluster: harbor };
/** As a version from before findings had codes left it in the state. */
const oldFinding = { severity: "warn", what: "was not tried", where: "restore.credentials", fix: "try it" };
const backup = {
  name: "base_000000010000000000000003",
  place: `s3://harbor-db/spilo/${scope}/${uid}/wal/12`,
  modified: at,
  finished: at,
  postgresVersion: 12,
  systemIdentifier: "7301234567890123456",
  walUntil: at,
  walEnd: { timeline: 1, segment: "00000001000000000000000A" },
};
const proven = {
  ...common,
  leader: `${scope}-0`,
  verdict: "proven",
  checks: [{ check: "identity", status: "ok", expected: "7", found: "7", seconds: 0, findings: [] }],
  phases: [],
  rpo: { newestCommit: null, lostSeconds: null },
  rto: { seconds: 60 },
  checkedAt: at,
};
const reports: readonly [command: RegExp, report: object][] = [
  [/restore verify/, proven],
  [/harbor pg-hba/, { ...common, outcome: "applied", uid, generation: "1", pgHba: [], dropped: [], finishedAt: at }],
  [/harbor roll/, { ...common, outcome: "rolled", pods: [], leader: `${scope}-0`, finishedAt: at }],
  [/fingerprint/, { version: 1, fingerprint: "f", kubernetes: "c0ffee00-3f92-4c86-8d42-5056348c1e7e" }],
  [/secrets/, { version: 1, cluster: { harbor, uid, backups: null, systemIdentifier: null }, secrets: [] }],
];

const wasRead = { parts: 3, segments: 5, bytes: 4_633_973, seconds: 0.7 };
/** The preflight's report on a request, as if it had just run. */
const checkReport = ({ check, read, restore: asked }: ReturnType<typeof checkRequest>): object => ({
  ...{ ...common, restore: asked?.id ?? null, verdict: "warn", findings: [oldFinding], checkedAt: at },
  backup: asked === undefined ? null : backup,
  ...(read && { read: wasRead }),
  ...(check !== undefined && { check }),
});
const checkRequest = (stdin: unknown) => steps["restore check"].request.parse(JSON.parse(String(bare(stdin))));

/** The id that both objects carry, while they are as declared. */
let liveCheck: string | null = "check-1";
/** The ids of both objects; null for one that is missing. */
let liveInstances: { podConfig: string | null; podSecret: string | null } = { podConfig: "i1", podSecret: "i2" };
/** The CLONE_ values that pod-config has. */
let liveClone: Record<string, string> = {};

function stdoutOf({ command: run, create, stdin }: Record<string, unknown>): string {
  const command = String(run ?? create);
  if (command.includes("restore check")) return JSON.stringify(checkReport(checkRequest(stdin)));
  if (command.includes("harbor environment"))
    return JSON.stringify({
      ...{ ...common, differs: liveCheck === null ? ["pod-config"] : [], check: liveCheck },
      instances: liveInstances,
      clone: liveClone,
    });
  return JSON.stringify(reports.find(([pattern]) => pattern.test(command))?.[1] ?? {});
}

type AnswerOf = Parameters<typeof registered>[1];

function declared(changes: Partial<HarborDatabaseArgs> = {}, answer: AnswerOf = stdoutOf): Promise<Registered[]> {
  return registered(() => {
    new HarborDatabase("harbor", { ...args, ...changes });
  }, answer);
}

const command = (resources: readonly Registered[], name: string): Record<string, unknown> =>
  resources.find((one) => one.type === "command:local:Command" && one.name === name)?.inputs ?? {};

/** The value inside the SDK's secret marker, or the value itself. */
function bare(value: unknown): unknown {
  return typeof value === "object" && value !== null && secretMark in value && "value" in value ? value.value : value;
}

/** The names of everything that must end before this resource begins. */
function before(name: string): Set<string> {
  const found = new Set<string>();
  const visit = (one: string): void => {
    for (const dependency of optionsOf.get(one)?.dependencies ?? []) {
      if (found.has(dependency)) continue;
      found.add(dependency);
      visit(dependency);
    }
  };
  visit(name);
  return found;
}

describe("HarborDatabase", () => {
  faultTest(
    34,
    "everything that it declares passes every policy but the one that asks for an alarm, and no message has a key",
    async () => {
      for (const changes of [{}, { restore }]) {
        const resources = await declared(changes);
        for (const type of ["aws:s3/bucket:Bucket", "kubernetes:core/v1:ConfigMap", "aws:secretsmanager/secret:Secret"])
          assert(
            resources.some((resource) => resource.type === type),
            type,
          );
        assert(JSON.stringify(resources).includes("CANARY"));
        const said = await saidOf(asJudged(resources));
        assert.deepEqual([...said.keys()], ["backup-without-alarm"]);
        assert(!JSON.stringify([...said]).includes("CANARY"));
      }
    },
  );

  it("reads a preflight report from before findings had codes, which an older version left in the state", async () => {
    let shown: Promise<unknown> | undefined;
    await registered(() => {
      shown = valueOf(pulumi.output(new HarborDatabase("harbor", args).report["preflight"]));
    }, stdoutOf);
    assert.deepEqual(await shown, ["warn", "restore.credentials: was not tried"]);
  });

  it("orders the steps by dependency: preflight, secrets, pod-config, pg_hba, Pods, and the copies of the secrets last", async () => {
    await declared({ restore });
    const order = [
      "database-backups",
      "preflight",
      "restored-secrets",
      "pod-config",
      "pg-hba-ready",
      "pg-hba",
      "roll",
      "proof",
      "kept-secrets-ready",
      "kept-secrets",
    ];
    for (const [index, name] of order.entries()) {
      const missing = order.slice(0, index).filter((earlier) => !before(name).has(earlier));
      assert.deepEqual(missing, [], name);
    }
    assert(before("pod-config-keys").has("preflight"), "the Secret with the keys is in the cluster, too");
    assert(
      before("backup-writer").has("preflight"),
      "a wrong restore must not deny the running database its own backups",
    );
  });

  const writtenBeforePreflight: readonly [what: string, restore: Restore | undefined][] = [
    ["without a restore", undefined],
    ["with a restore from another bucket, as in a new AWS account", { ...restore, bucket: "old-account-db" }],
    ["with a restore from another scope", { ...restore, scope: "postgresql-old-old" }],
    ["with a restore from another store", { ...restore, endpoint: "https://minio:9000" }],
  ];
  for (const [what, source] of writtenBeforePreflight)
    faultTest(76, `creates the writer's policy before the preflight tries to write, ${what}`, async () => {
      await declared({ restore: source });
      assert(before("preflight").has("backup-writer"));
      assert(!before("backup-writer").has("preflight"));
    });

  faultTest(105, "replaces no copy of a Secret before the restored database is proven", async () => {
    await declared({ restore });
    assert(before("kept-secrets").has("proof"));
    assert(before("proof").has("roll"));
    await declared();
    assert(!before("kept-secrets").has("proof"));
    const skipped = await declared({ restore, proof: { ...proof, skip: "a rehearsal without S3" } });
    assert.deepEqual(command(skipped, "proof"), {});
    assert(before("kept-secrets").has("roll"));
  });

  it("hands the proof what the preflight found and what the settings expect, with the keys as a secret", async () => {
    const targetTime = "2026-11-21T09:30:00+00:00";
    const { stdin, triggers } = command(await declared({ restore: { ...restore, targetTime } }), "proof");
    assert(JSON.stringify(stdin).includes(secretMark));
    const request = steps["restore verify"].request.parse(JSON.parse(String(bare(stdin))));
    const { name, place, systemIdentifier, walEnd } = backup;
    assert.deepEqual(request.backup, { name, place, systemIdentifier, walEnd });
    assert.deepEqual([request.since, request.targetTime, request.keys], [at, targetTime, keys.backup]);
    assert.deepEqual([request.expect, request.lostAt], [proof.expect, proof.lostAt]);
    assert.doesNotMatch(JSON.stringify(triggers), /CANARY/);
    assert.equal(optionsOf.get("proof")?.timeouts.create, `${proof.timeLimits.total + 600}s`);
  });

  it("gives the proof no keys of the Pods where these use a role", async () => {
    const credentials = { irsaRoleArn: "arn:aws:iam::123456789012:role/b" };
    const { stdin } = command(await declared({ restore, backup: { ...args.backup, credentials } }), "proof");
    assert.equal(steps["restore verify"].request.parse(JSON.parse(String(bare(stdin)))).keys, undefined);
  });

  it("hands the proof the bucket of the artifacts, to compare the registry with the restored database", async () => {
    const registryOf = async (changes: Partial<HarborDatabaseArgs>): Promise<object> => {
      const { stdin } = command(await declared({ restore, ...changes }), "proof");
      return steps["restore verify"].request.parse(JSON.parse(String(bare(stdin)))).registry;
    };
    const store = { bucket: "harbor-artifacts", region: "eu-west-2" };
    assert.deepEqual(await registryOf({}), { ...proof.registry, store });
    const { databaseBackups } = args.buckets;
    assert.deepEqual(await registryOf({ buckets: { databaseBackups } }), proof.registry);
  });

  faultTest(140, "shows which images cannot be pulled after a restore that is proven, and warns of them", async () => {
    const artifact = { project: "shop", repository: "shop/app", digest: "sha256:ab", tags: ["v1", "v2"] };
    const blob = { digest: "sha256:cd", problem: "missing", size: 7, neededBy: "artifact", artifacts: [artifact] };
    const counted = { named: 3, namedBytes: 9, stored: 2, unnamed: 0, unnamedBytes: 0, missing: 1, different: 0 };
    const registry = {
      place: "s3://harbor-artifacts/docker/registry/v2/blobs",
      counted: { ...counted, damaged: null, archived: 0 },
      blobs: [{ ...blob, key: "k", deleteMarker: null, version: null }],
    };
    let shown: Promise<unknown> | undefined;
    const warnings: string[] = [];
    const { warn } = console;
    console.warn = (line: string) => warnings.push(line);
    try {
      await registered(
        () => {
          shown = valueOf(pulumi.output(new HarborDatabase("harbor", { ...args, restore }).report["proof"]));
        },
        (inputs) => {
          const printed = stdoutOf(inputs);
          const isProof = String(inputs["create"]).includes("restore verify");
          return isProof ? JSON.stringify({ ...proven, registry }) : printed;
        },
      );
    } finally {
      console.warn = warn;
    }
    const { cannotBePulled, verdict } = z
      .object({ cannotBePulled: z.array(z.string()), verdict: z.string() })
      .parse(await shown);
    assert.deepEqual([verdict, cannotBePulled], ["proven", ["shop/app:v1", "shop/app:v2"]]);
    assert.match(
      warnings.join("\n"),
      /these images cannot be pulled: shop\/app:v1, shop\/app:v2\. .*registry check harbor-cluster\/harbor-cluster --bucket harbor-artifacts --region eu-west-2/,
    );
  });

  it("proves again for another restore, another target and another expectation, and not for another time limit", async () => {
    const triggersOf = async (changes: Partial<HarborDatabaseArgs> = {}): Promise<string> =>
      JSON.stringify(command(await declared({ restore, ...changes }), "proof")["triggers"]);
    const first = await triggersOf();
    const timeLimits = proofTimeLimits.parse({ query: "2m" });
    assert.equal(await triggersOf({ proof: { ...proof, timeLimits } }), first);
    const expect = { databases: [], queries: [] };
    for (const changes of [
      { restore: { ...restore, id: "another" } },
      { restore: { ...restore, targetTime: "2026-11-21T09:30:00+00:00" } },
      { proof: { ...proof, expect } },
      { proof: { ...proof, amcheck: "always" } as const },
      { proof: { ...proof, registry: registryProofSchema.parse({ problems: "fail" }) } },
      { buckets: { ...args.buckets, artifacts: { name: "others", region: "eu-west-2" } } },
    ])
      assert.notEqual(await triggersOf(changes), first, JSON.stringify(changes));
  });

  it("shows the verdict of the proof, each check with what was found, and why there is none", async () => {
    const shownIn = async (changes: Partial<HarborDatabaseArgs>): Promise<unknown> => {
      let shown: Promise<unknown> | undefined;
      await registered(() => {
        shown = valueOf(pulumi.output(new HarborDatabase("harbor", { ...args, ...changes }).report["proof"]));
      }, stdoutOf);
      return shown;
    };
    const { rpo, rto } = proven;
    assert.deepEqual(await shownIn({ restore }), { verdict: "proven", checks: { identity: "ok: 7" }, rpo, rto });
    const skip = "a rehearsal without S3";
    assert.deepEqual(await shownIn({ restore, proof: { ...proof, skip } }), `skipped: ${skip}`);
    assert.equal(await shownIn({}), null);
  });

  it("lets Pulumi's engine wait longer than all waits of a roll together", async () => {
    await declared();
    const { operator, pod } = args.timeLimits;
    assert.equal(optionsOf.get("roll")?.timeouts.create, `${operator + 10 * pod + 600}s`);
  });

  faultTest(56, "does every step again in another Kubernetes cluster, and hands its UID to the provider", async () => {
    const stepNames = [
      "preflight",
      "restored-secrets",
      "pg-hba-ready",
      "pg-hba",
      "roll",
      "proof",
      "kept-secrets-ready",
      "kept-secrets",
    ];
    const triggersIn = async (kubeSystemUid: string): Promise<string[]> => {
      const resources = await declared({ restore, kubernetes: { context: "lab", kubeSystemUid } });
      const provider = resources.find(({ type }) => type === "pulumi:providers:kubernetes");
      assert.equal(provider?.inputs["clusterIdentifier"], kubeSystemUid);
      return stepNames.map((name) => JSON.stringify(command(resources, name)["triggers"]));
    };
    const elsewhere = "22222222-2222-4222-8222-222222222222";
    const first = await triggersIn(uid);
    assert.deepEqual(await triggersIn(uid), first);
    for (const [index, triggers] of (await triggersIn(elsewhere)).entries())
      assert.notEqual(triggers, first[index], stepNames[index]);
  });

  it("passes the whole restore to the preflight, with the keys on stdin as a secret", async () => {
    const { stdin, triggers } = command(await declared({ restore }), "preflight");
    assert(JSON.stringify(stdin).includes(secretMark));
    const request = steps["restore check"].request.parse(JSON.parse(String(bare(stdin))));
    assert.deepEqual(request.restore, restore);
    assert.deepEqual([request.keys, request.pgHba], [keys, requiredPgHba(args.ownPgHbaLines)]);
    assert.deepEqual([request.backup, request.operator.podSecret], [store, "pod-secret"]);
    assert.doesNotMatch(JSON.stringify(triggers), /CANARY/);
  });

  it("has the preflight read the backup only when the stack says so, and gives it time", async () => {
    const preflight = async (changes: Partial<HarborDatabaseArgs>) => {
      const resource = command(await declared({ restore, ...changes }), "preflight");
      const { read, readTimeLimit } = steps["restore check"].request.parse(JSON.parse(String(bare(resource["stdin"]))));
      const { create } = optionsOf.get("preflight")?.timeouts ?? {};
      return { read, readTimeLimit, create, triggers: JSON.stringify(resource["triggers"]) };
    };
    const [plain, reading] = [await preflight({}), await preflight({ restoreReadTimeLimit: duration("36h") })];
    assert.equal(plain.read, false);
    assert.deepEqual([reading.read, reading.readTimeLimit], [true, duration("36h")]);
    assert.notEqual(reading.triggers, plain.triggers);
    // Ten minutes more than the limits of the step itself.
    assert.deepEqual([plain.create, reading.create], [`${300 + 600}s`, `${300 + 36 * 3600 + 600}s`]);
  });

  it("shows in its outputs what was read of the backup", async () => {
    const shown: unknown[] = [];
    for (const changes of [{}, { restoreReadTimeLimit: duration("36h") }])
      await registered(() => {
        const { restoredBackup } = new HarborDatabase("harbor", { ...args, restore, ...changes }).report;
        shown.push(valueOf(pulumi.output(restoredBackup)));
      }, stdoutOf);
    assert.deepEqual(await Promise.all(shown), [
      { ...backup, read: null },
      { ...backup, read: wasRead },
    ]);
  });

  it("runs the preflight again when a line of pg_hba, a key or secrets.restore has changed", async () => {
    const triggers = async (changes: Partial<HarborDatabaseArgs> = {}): Promise<string> =>
      JSON.stringify(command(await declared(changes), "preflight")["triggers"]);
    const rotated = pulumi.secret({ backup: { accessKeyId: "CANARY-1", secretAccessKey: "CANARY-new" } });
    const first = await triggers();
    assert.equal(await triggers(), first);
    assert.notEqual(await triggers({ ownPgHbaLines: [] }), first);
    assert.notEqual(await triggers({ keys: rotated }), first);
    const withRestore = await triggers({ restore });
    assert.equal(await triggers({ restore }), withRestore);
    assert.notEqual(await triggers({ restore, secrets: { ...args.secrets, restore: false } }), withRestore);
  });

  faultSuite(108, "the end of a restore", () => {
    const clone = { CLONE_SCOPE: scope };
    beforeEach(() => {
      liveClone = clone;
    });
    afterEach(() => {
      liveClone = {};
    });

    const writtenIn = async (changes: Partial<HarborDatabaseArgs>): Promise<string[]> =>
      (await declared(changes))
        .filter(({ type }) => /^(command:local:Command|kubernetes:core.*:(ConfigMap|Secret))$/.test(type))
        .map(({ name }) => name)
        .filter((name) => /^(preflight|pod-config.*)$/.test(name))
        .toSorted();

    it("is refused before anything is written as long as the restore is not proven", async () => {
      for (const lastRestore of [undefined, { isProven: false, clone }, { isProven: true, clone: {} }])
        assert.deepEqual(await writtenIn({ lastRestore }), []);
    });

    it("is accepted when the last up has proven it, or somebody has written why not", async () => {
      const all = ["pod-config", "pod-config-keys", "preflight"];
      assert.deepEqual(await writtenIn({ lastRestore: { isProven: true, clone } }), all);
      assert.deepEqual(await writtenIn({ endUnprovenRestore: "the data are not needed any more" }), all);
      assert.deepEqual(await writtenIn({ restore }), all);
    });

    it("is what a preview reminds of, once the restore is proven", async () => {
      const warnings: string[] = [];
      const { warn } = console;
      console.warn = (line: string) => warnings.push(line);
      try {
        await declared({ restore });
        assert.match(warnings.join("\n"), /the restore after-the-fire is proven: look at Harbor, then finish it soon/);
        warnings.length = 0;
        await declared({ restore, proof: { ...proof, skip: "a rehearsal without S3" } });
        assert.deepEqual(warnings, []);
      } finally {
        console.warn = warn;
      }
    });
  });

  faultSuite(111, "the preflight", () => {
    afterEach(() => {
      liveCheck = "check-1";
      liveInstances = { podConfig: "i1", podSecret: "i2" };
    });
    const triggersOf = async (name: string, changes: Partial<HarborDatabaseArgs> = {}): Promise<string> =>
      JSON.stringify(command(await declared(changes), name)["triggers"]);
    const annotation = (resources: readonly Registered[], name: string, key: "check" | "instance" = "check"): unknown =>
      z
        .object({ annotations: z.record(z.string(), z.unknown()) })
        .parse(resources.find((one) => one.name === name && one.type.startsWith("kubernetes:"))?.inputs["metadata"])
        .annotations[`postgres-recovery/${key}`];

    it("does not run again while pod-config and the pod Secret are as declared, and both keep its id", async () => {
      assert.equal(await triggersOf("preflight"), await triggersOf("preflight"));
      const resources = await declared();
      for (const name of ["pod-config", "pod-config-keys"]) assert.equal(annotation(resources, name), "check-1");
    });

    it("runs again in every up that will write them, and both get the new id", async () => {
      const before = await triggersOf("preflight");
      liveCheck = null;
      const first = await triggersOf("preflight");
      assert.notEqual(first, before);
      assert.notEqual(await triggersOf("preflight"), first);
      const resources = await declared({ restore });
      const { check } = checkRequest(command(resources, "preflight")["stdin"]);
      assert.match(check ?? "", /^[0-9a-f-]{36}$/);
      for (const name of ["pod-config", "pod-config-keys"]) assert.equal(annotation(resources, name), check);
    });

    it("keeps the ids of both objects, and gives a new one to an object that is missing", async () => {
      const triggers = async (): Promise<unknown[]> => {
        const resources = await declared({ restore });
        const names = ["pod-config", "pod-config-keys"];
        for (const name of names)
          assert.equal(optionsOf.get(name)?.replacementTrigger, annotation(resources, name, "instance"));
        return names.map((name) => optionsOf.get(name)?.replacementTrigger);
      };
      assert.deepEqual(await triggers(), ["i1", "i2"]);
      liveInstances = { podConfig: "i1", podSecret: null };
      const [podConfig, podSecret] = await triggers();
      assert.equal(podConfig, "i1");
      assert.match(String(podSecret), /^[0-9a-f-]{36}$/);
      assert.notEqual((await triggers())[1], podSecret);
    });

    it("is asked with the values that both objects will have, the keys as a secret", async () => {
      const asked: unknown[] = [];
      await declared({ restore }, (inputs) => {
        if (String(inputs["command"]).includes("harbor environment")) asked.push(inputs["stdin"]);
        return stdoutOf(inputs);
      });
      const { podConfigData: values, podSecretData: secretValues } = steps["harbor environment"].request.parse(
        JSON.parse(String(asked[0])),
      );
      assert.deepEqual(values, podConfigData(args.backup, restore));
      assert.deepEqual(secretValues, podSecretData(keys));
    });

    it("runs again when the address changes at which this machine reaches S3", async () => {
      const endpointUrls = { s3: "https://vpce.example.com" };
      assert.notEqual(await triggersOf("preflight", { endpointUrls }), await triggersOf("preflight"));
    });

    const stale: [what: string, answer: (request: ReturnType<typeof checkRequest>) => object | undefined][] = [
      ["left out, with the report of an earlier check", (request) => ({ ...checkReport(request), check: "check-0" })],
      ["left out, with the report of another restore", (request) => ({ ...checkReport(request), restore: null })],
      ["left out, with the report of an older version", (request) => checkReport({ ...request, check: undefined })],
      ["left out before it has ever run", () => undefined],
    ];
    for (const [what, answer] of stale) {
      it(`${what} (--target), lets neither pod-config nor the pod Secret be written`, async () => {
        const resources = await declared({ restore }, (inputs) => {
          if (!String(inputs["create"]).includes("restore check")) return stdoutOf(inputs);
          const report = answer(checkRequest(inputs["stdin"]));
          return report && JSON.stringify(report);
        });
        assert(resources.some(({ name }) => name === "preflight"));
        assert.deepEqual(
          resources.filter(({ type }) => /^kubernetes:core.*:(ConfigMap|Secret)$/.test(type)),
          [],
        );
      });
    }
  });

  faultTest(112, "rolls the Pods again when a key is rotated, by a trigger that says nothing of the key", async () => {
    const before = JSON.stringify(command(await declared(), "roll")["triggers"]);
    liveCheck = null;
    const after = command(await declared(), "roll")["triggers"];
    liveCheck = "check-1";
    assert.notEqual(JSON.stringify(after), before);
    assert.doesNotMatch(JSON.stringify(after), new RegExp(`CANARY|${secretMark}`));
  });

  it("restores no secrets without a restore, and the preflight checks what backups depend on", async () => {
    const resources = await declared();
    assert.deepEqual(command(resources, "restored-secrets"), {});
    assert.equal(
      steps["restore check"].request.parse(JSON.parse(String(bare(command(resources, "preflight")["stdin"])))).restore,
      undefined,
    );
    assert(before("pod-config").has("preflight"));
  });

  it("restores no Secrets if the settings say that none were kept", async () => {
    const resources = await declared({ restore, secrets: { ...args.secrets, restore: false } });
    assert.deepEqual(command(resources, "restored-secrets"), {});
    assert(before("pod-config").has("preflight"));
  });

  it("runs every step again for another restore", async () => {
    const triggers = async (id: string): Promise<unknown[]> => {
      const resources = await declared({ restore: { ...restore, id } });
      return ["preflight", "restored-secrets", "pg-hba-ready", "roll", "proof", "kept-secrets-ready"].map((name) =>
        JSON.stringify(command(resources, name)["triggers"]),
      );
    };
    const [one, other] = [await triggers("r1"), await triggers("r2")];
    for (const [index, text] of one.entries()) assert.notEqual(text, other[index]);
  });

  it("passes a valid request to the roll", async () => {
    const { stdin } = command(await declared(), "roll");
    assert.deepEqual(steps["harbor roll"].request.parse(JSON.parse(String(stdin))), {
      version: 1,
      kubernetes: args.kubernetes,
      cluster: args.cluster,
      podSecret: args.podSecret,
      timeLimits: { operator: duration("5m"), pod: duration("10m") },
    });
  });

  const policiesOf = async (change: Partial<HarborDatabaseArgs>): Promise<Map<string, string>> =>
    new Map(
      (await declared(change))
        .filter(({ type }) => type === "aws:iam/policy:Policy")
        .map(({ name, inputs }) => [name, String(inputs["policy"])]),
    );

  faultTest(72, "creates the reader's policy before any restore, and before the preflight", async () => {
    const without = await policiesOf({});
    assert.deepEqual([...without.keys()].sort(), ["backup-readers-own", "backup-writer"]);
    const during = await policiesOf({ restore });
    assert.equal(during.get("backup-readers-own"), without.get("backup-readers-own"));
    assert.match(during.get("backup-readers-own") ?? "", new RegExp(`spilo/${scope}/\\*`));
    assert(before("preflight").has("backup-readers-own"));
  });

  faultTest(72, "creates another reader's policy for a source in another bucket, with its key", async () => {
    const kmsKey = "arn:aws:kms:us-east-1:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const policies = await policiesOf({ restore: { ...restore, bucket: "theirs", region: "us-east-1", kmsKey } });
    const source = policies.get("backup-readers-source") ?? "";
    assert.match(source, new RegExp(`arn:aws:s3:::theirs/spilo/${scope}/${uid}/\\*`));
    assert(source.includes(kmsKey));
    assert.doesNotMatch(policies.get("backup-writer") ?? "", /NeverIntoTheSource/);
    const elsewhere = await policiesOf({ restore: { ...restore, endpoint: "https://minio:9000" } });
    assert.deepEqual([...elsewhere.keys()].sort(), ["backup-readers-own", "backup-writer"]);
    assert.doesNotMatch(elsewhere.get("backup-writer") ?? "", /NeverIntoTheSource/);
  });

  faultTest(72, "treats a source in the same bucket but of another scope as another source", async () => {
    const policies = await policiesOf({ restore: { ...restore, scope: "postgresql-old-old" } });
    const source = policies.get("backup-readers-source") ?? "";
    assert.match(source, new RegExp(`arn:aws:s3:::harbor-db/spilo/postgresql-old-old/${uid}/\\*`));
    assert.doesNotMatch(policies.get("backup-writer") ?? "", /NeverIntoTheSource/);
  });

  it("lets the writer read the restore's source but not write there", async () => {
    const policies = await policiesOf({ restore });
    assert.match(policies.get("backup-writer") ?? "", new RegExp(`NeverIntoTheSource[^}]*${uid}`));
    assert.deepEqual(
      (await declared({ iamPolicies: false })).filter(({ type }) => type === "aws:iam/policy:Policy"),
      [],
    );
  });

  it("creates no AWS bucket and no policies for an S3-compatible store", async () => {
    const resources = await declared({
      backup: { ...args.backup, endpoint: "http://minio.storage:9000" },
      buckets: { databaseBackups: args.buckets.databaseBackups },
    });
    assert.deepEqual(
      resources.filter(({ type }) => type.startsWith("aws:s3") || type.startsWith("aws:iam")),
      [],
    );
  });

  it("puts the keys only into the pod Secret and the preflight's stdin, marked as secret", async () => {
    const resources = await declared({ restore });
    for (const { inputs, name, type } of resources) {
      const plain = Object.values(inputs).filter((value) => !JSON.stringify(value ?? null).includes(secretMark));
      assert.doesNotMatch(JSON.stringify(plain), /CANARY/, `${type} ${name}`);
    }
  });
});

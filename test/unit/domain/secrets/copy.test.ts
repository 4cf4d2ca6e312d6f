import assert from "node:assert/strict";
import fc from "fast-check";
import type { ClusterIdentity } from "../../../../domain/secrets/cluster-identity.ts";
import {
  contentProblem,
  decideCopy,
  parseStored,
  restoredSecret,
  sameContent,
  type SecretCopy,
  type Stored,
} from "../../../../domain/secrets/copy.ts";
import { clusterLabel, surplusLabels, type SecretVersion } from "../../../../domain/secrets/copy-labels.ts";
import { copyName as nameOf, copySources } from "../../../../domain/secrets/copy-place.ts";
import type { SecretContent } from "../../../../domain/kubernetes/secret.ts";
import { faultTest } from "../../../support/fault-test.ts";

const harbor = { namespace: "harbor-cluster", name: "harbor-cluster" };
const kubernetes = "c0ffee00-3f92-4c86-8d42-5056348c1e7e";
const copyName = (secret: string): string => nameOf({ kubernetes, harbor }, secret);
const standby = "standby.postgresql-harbor-cluster-harbor-cluster.credentials";
const encryptionKey = "harbor-cluster-harbor-harbor-core-encryptionkey";
const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const identity: ClusterIdentity = {
  harbor: "harbor-cluster/harbor-cluster",
  uid,
  backups: "s3://backups/spilo/x/wal/12",
  systemIdentifier: "7301234567890123456",
};

const base64 = (text: string | Buffer): string => Buffer.from(text).toString("base64");
const secret = (values: Record<string, string | Buffer>, type = "Opaque"): SecretContent => ({
  type,
  data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)])),
});
const credentials = (password: string | Buffer = "s3cret", username = "standby"): SecretContent =>
  secret({ username, password });
const copyOf = (content: SecretContent, cluster = identity, name = standby): SecretCopy => ({
  version: 1,
  secret: { name, ...content },
  cluster,
});
const kept = (content = credentials(), cluster = identity): Stored => ({
  found: "copy",
  copy: copyOf(content, cluster),
});
const nothing: Stored = { found: "nothing" };
const decide = (live: SecretContent | undefined, now: ClusterIdentity | undefined, stored: Stored) =>
  decideCopy(harbor, standby, live, now, stored);

describe("the copy of a secret", () => {
  describe("its name", () => {
    it("names the Kubernetes cluster, the Harbor and the secret", () => {
      const folder = "postgres-recovery/c0ffee00-3f92-4c86-8d42-5056348c1e7e/harbor-cluster/harbor-cluster";
      assert.equal(copyName(standby), `${folder}/${standby}`);
    });

    faultTest(67, "differs for two Kubernetes clusters of one AWS account with a Harbor of the same name", () => {
      const other = nameOf({ kubernetes: "decaf000-3f92-4c86-8d42-5056348c1e7e", harbor }, standby);
      assert.notEqual(copyName(standby), other);
    });

    faultTest(31, "never ends in a hyphen and six characters, and is never another secret's name", () => {
      const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?$/);
      fc.assert(fc.property(name, (one) => !/-.{6}$/.test(copyName(one))));
      fc.assert(fc.property(name, name, (one, other) => one === other || copyName(one) !== copyName(other)));
      assert.equal(copyName("pull-abcdef").at(-1), "_");
    });
  });

  describe("its content", () => {
    const cases: [string, SecretContent, RegExp | undefined][] = [
      ["credentials of the right role", credentials(), undefined],
      ["credentials with further keys", secret({ username: "standby", password: "x", note: "y" }), undefined],
      ["a missing password", secret({ username: "standby" }), /^password missing or empty$/],
      ["an empty password", credentials(""), /^password missing or empty$/],
      ["content without keys", secret({}), /^username and password missing or empty$/],
      ["the wrong keys", secret({ user: "standby", pass: "x" }), /^username and password missing/],
      ["another role's name", credentials("x", "postgres"), /^username is not standby$/],
      ["a binary password", credentials(Buffer.from([0xff, 0xfe, 0x00])), /^password is binary/],
      ["a password with a line end", credentials("s3cret\n"), /blanks or line ends/],
    ];
    for (const [what, content, problem] of cases) {
      faultTest(31, `${problem === undefined ? "keeps" : "refuses"} ${what}`, () => {
        const found = contentProblem(harbor, standby, content);
        if (problem === undefined) assert.equal(found, undefined);
        else assert.match(found ?? "", problem);
        assert(!(found ?? "").includes("s3cret"));
      });
    }

    faultTest(31, "keeps only an encryption key of exactly 16 characters", () => {
      assert.equal(contentProblem(harbor, encryptionKey, secret({ secret: "0123456789abcdef" })), undefined);
      assert.match(contentProblem(harbor, encryptionKey, secret({ secret: "0123456789abcde" })) ?? "", /16 characters/);
      assert.match(
        contentProblem(harbor, encryptionKey, secret({ key: "0123456789abcdef" })) ?? "",
        /missing or empty/,
      );
    });

    it("keeps any other secret that has some content, even binary", () => {
      assert.equal(contentProblem(harbor, "pull", secret({ blob: Buffer.from([0, 255]) })), undefined);
      assert.match(contentProblem(harbor, "pull", secret({ blob: "" })) ?? "", /no content/);
    });
  });

  describe("the decision", () => {
    it("keeps a good secret that has no copy, with its database's identity", () => {
      assert.deepEqual(decide(credentials(), identity, nothing), {
        action: "keep",
        why: "first copy",
        copy: copyOf(credentials()),
      });
    });

    it("does nothing for the same content with keys in any order", () => {
      const { type, data } = credentials();
      const turned = Object.fromEntries(Object.entries(data).reverse());
      assert.deepEqual(decide({ type, data: turned }, identity, kept()), { action: "nothing" });
    });

    it("keeps a new password of the same database", () => {
      assert.deepEqual(decide(credentials("rotated"), identity, kept()), {
        action: "keep",
        why: "content changed",
        copy: copyOf(credentials("rotated")),
      });
    });

    faultTest(
      31,
      "refuses another encryption key for the same database, because only the kept one reads its data",
      () => {
        const key = (text: string): SecretContent => secret({ secret: text });
        const stored: Stored = { found: "copy", copy: copyOf(key("0123456789abcdef"), identity, encryptionKey) };
        const decision = decideCopy(harbor, encryptionKey, key("fedcba9876543210"), identity, stored);
        assert.equal(decision.action, "refuse");
        const another = { ...identity, uid: "11111111-3f92-4c86-8d42-5056348c1e7e" };
        assert.equal(decideCopy(harbor, encryptionKey, key("fedcba9876543210"), another, stored).action, "keep");
      },
    );

    it("keeps the same content of a restored database under the new UID only", () => {
      const now = { ...identity, uid: "11111111-3f92-4c86-8d42-5056348c1e7e", systemIdentifier: null };
      const decision = decide(credentials(), now, kept());
      assert.deepEqual(decision, { action: "keep", why: "cluster changed", copy: copyOf(credentials(), now) });
    });

    it("remembers what it knew of the same database when that cannot be seen", () => {
      assert.deepEqual(decide(credentials(), { ...identity, systemIdentifier: null, backups: null }, kept()), {
        action: "nothing",
      });
    });

    const bad: [string, SecretContent | undefined][] = [
      ["absent", undefined],
      ["empty", secret({})],
      ["without a password", credentials("")],
      ["of another role", credentials("x", "harbor")],
      ["binary", credentials(Buffer.from([0xff]))],
    ];
    for (const [what, live] of bad) {
      faultTest(31, `never replaces a good copy by a secret that is ${what}`, () => {
        const decision = decide(live, identity, kept());
        assert.equal(decision.action, "refuse");
        assert.match(decision.problem, /; the kept copy stays as it is$/);
      });
    }

    it("keeps only good content, exactly as Kubernetes holds it, whatever that is", () => {
      const content = fc.record({
        type: fc.constantFrom("Opaque", "goharbor.io/single"),
        data: fc.dictionary(
          fc.constantFrom("username", "password", "other"),
          fc.oneof(fc.base64String(), fc.constantFrom(base64("standby"), base64("pw"), "")),
        ),
      });
      fc.assert(
        fc.property(fc.option(content, { nil: undefined }), fc.constantFrom(nothing, kept()), (live, stored) => {
          const decision = decide(live, identity, stored);
          if (decision.action !== "keep") return true;
          return (
            live !== undefined &&
            contentProblem(harbor, standby, live) === undefined &&
            sameContent(decision.copy.secret, live)
          );
        }),
      );
    });

    faultTest(31, "leaves something else under the copy's name as it is", () => {
      for (const text of ["", "hunter2", "{}", '{"username":"standby"}', "[1]"])
        assert.deepEqual(parseStored(text), { found: "something-else" });
      assert.equal(decide(credentials(), identity, parseStored("hunter2")).action, "refuse");
      assert.deepEqual(parseStored(JSON.stringify(copyOf(credentials()))), kept());
    });

    it("accepts an existing copy without a postgresql resource, and refuses anything else", () => {
      assert.deepEqual(decide(credentials(), undefined, kept()), { action: "nothing" });
      assert.equal(decide(credentials("new"), undefined, kept()).action, "refuse");
      assert.equal(decide(credentials(), undefined, nothing).action, "refuse");
    });

    it("moves a copy of the same database from its former name, with unchanged content", () => {
      const stored: Stored = { found: "former-name", copy: copyOf(credentials()) };
      assert.deepEqual(decide(credentials(), identity, stored), {
        action: "keep",
        why: "moved",
        copy: copyOf(credentials()),
      });
      const refused = decide(undefined, identity, stored);
      assert(refused.action === "refuse");
      assert.match(refused.problem, /the kept copy stays as it is/);
    });

    it("labels a database in a form that AWS accepts", () => {
      assert.match(clusterLabel(uid), /^[\w+=.@-]{1,256}$/);
    });
  });

  describe("the restored Secret", () => {
    it("has credentials as the Zalando operator creates them, without an owner", () => {
      assert.deepEqual(restoredSecret(harbor, copyOf(credentials())), {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { namespace: "harbor-cluster", name: standby },
        type: "Opaque",
        data: credentials().data,
      });
    });

    it("has Harbor's encryption key as its operator creates it, marked so that the operator leaves it alone", () => {
      const content = secret({ secret: "0123456789abcdef" });
      const restored = restoredSecret(harbor, copyOf(content, identity, encryptionKey));
      assert.equal(restored.type, "goharbor.io/single");
      assert.deepEqual(restored.metadata, {
        namespace: "harbor-cluster",
        name: encryptionKey,
        annotations: { "goharbor.io/immutable": "true" },
      });
      assert.deepEqual(restored.data, content.data);
    });

    it("has its former type if it is any other secret", () => {
      assert.equal(
        restoredSecret(harbor, copyOf(secret({ a: "b" }, "kubernetes.io/basic-auth"), identity, "pull")).type,
        "kubernetes.io/basic-auth",
      );
    });
  });

  describe("its labels", () => {
    const version = (number: number, ...labels: string[]): SecretVersion => ({
      id: `v${number}`,
      created: number,
      labels,
    });
    /** One version for each of so many databases, the newest current. */
    const databases = (count: number): SecretVersion[] =>
      Array.from({ length: count }, (_, index) =>
        version(index, clusterLabel(String(index)), ...(index === count - 1 ? ["AWSCURRENT"] : [])),
      );
    const removed = (versions: readonly SecretVersion[], added = "new"): string[] =>
      surplusLabels(versions, clusterLabel(added)).map(({ label }) => label);

    faultTest(68, "stay below AWS's limit of 20: the oldest database's is removed, whatever the order", () => {
      assert.deepEqual(removed(databases(16)), []);
      assert.deepEqual(removed(databases(17)), ["cluster-0"]);
      assert.deepEqual(removed(databases(19).reverse()), ["cluster-0", "cluster-1", "cluster-2"]);
      assert.deepEqual(surplusLabels(databases(17), "cluster-new"), [{ label: "cluster-0", version: "v0" }]);
    });

    faultTest(68, "are all kept when the database has its label already", () => {
      assert.deepEqual(removed(databases(17), "16"), []);
    });

    faultTest(68, "of others count, and are never removed, nor is that of the current version", () => {
      const labels = Array.from({ length: 16 }, (_, index) => `team-${index}`);
      const versions = [version(1, "cluster-a", "AWSCURRENT"), version(2, "cluster-b"), version(3, ...labels)];
      assert.deepEqual(removed(versions), ["cluster-b"]);
    });
  });

  describe("its sources", () => {
    const kept = (name: string, ...labels: string[]) => ({ name, labels, isScheduledForDeletion: false });

    faultTest(67, "are the Kubernetes clusters that kept a Harbor of this name, and an older version's copies", () => {
      const own = "postgres-recovery/cluster-one/harbor-cluster/harbor-cluster/x";
      assert.deepEqual(
        copySources(harbor, [
          kept(own, "AWSCURRENT", "cluster-b"),
          kept(own.replace("/x", "/y"), "cluster-a", "cluster-b"),
          kept("postgres-recovery/harbor-cluster/harbor-cluster/x", "cluster-c"),
          kept("postgres-recovery/cluster-two/harbor-cluster/another/x", "cluster-d"),
          kept("postgres-recovery/cluster-three/harbor-cluster/harbor-cluster/x", "AWSCURRENT"),
          kept("postgres-recovery/a/b/harbor-cluster/harbor-cluster/x", "cluster-e"),
        ]),
        [
          { owner: { kubernetes: "cluster-one", harbor }, databases: ["a", "b"] },
          { owner: { kubernetes: undefined, harbor }, databases: ["c"] },
        ],
      );
    });
  });
});

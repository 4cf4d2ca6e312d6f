import assert from "node:assert/strict";
import { connectHarbor } from "../../../../clients/kubernetes/harbor.ts";
import { readIdentity } from "../../../../operations/secrets/identity.ts";
import { FakeApiServer } from "../../../support/fake-api-server.ts";
import { databaseName as name, databaseUid as uid, harbor } from "../../../support/fake-harbor.ts";

const { namespace } = harbor;
const metadata = { namespace, name, uid, creationTimestamp: "2026-11-21T09:50:00Z" };
const postgresVersion = { name: "PGVERSION", value: "12" };
const bucket = { name: "WAL_S3_BUCKET", value: "own" };
const suffix = { name: "WAL_BUCKET_SCOPE_SUFFIX", value: `/${uid}` };
/** The API server omits an empty value. */
const emptyPrefix = { name: "WAL_BUCKET_SCOPE_PREFIX" };
const fromSecret = (variable: string): object => ({
  name: variable,
  valueFrom: { secretKeyRef: { name: "pod-secret", key: variable } },
});

interface Objects {
  readonly env?: readonly object[];
  readonly sidecar?: readonly object[];
  /** Patroni's annotation `initialize`. */
  readonly annotation?: string;
  readonly record?: "endpoints" | "configmaps";
}

/** The path and the content of every object of the database. */
function database({ env = [], sidecar = [], annotation, record = "endpoints" }: Objects): Map<string, object> {
  const containers = [
    { name: "exporter", env: sidecar },
    { name: "postgres", env },
  ];
  const annotations = annotation === undefined ? {} : { initialize: annotation };
  return new Map<string, object>([
    [`/apis/acid.zalan.do/v1/namespaces/${namespace}/postgresqls/${name}`, { metadata, spec: {} }],
    [
      `/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`,
      { metadata, spec: { template: { spec: { containers } } } },
    ],
    [`/api/v1/namespaces/${namespace}/${record}/${name}-config`, { metadata: { ...metadata, annotations } }],
  ]);
}

async function identityOf(objects: Objects) {
  const found = database(objects);
  const notFound = { status: 404, body: { kind: "Status", message: "not found" } };
  const server = await FakeApiServer.start(({ url = "" }) => {
    const body = found.get(url);
    return body === undefined ? notFound : { status: 200, body };
  });
  try {
    const target = { context: "test", kubeconfig: server.kubeconfig };
    const client = await connectHarbor(target, new AbortController().signal, () => undefined);
    const identity = await readIdentity(client, harbor);
    return { ...identity, seenByRoll: await client.getSystemIdentifier(harbor) };
  } finally {
    await server.stop();
  }
}

describe("readIdentity", () => {
  const backups = `s3://own/spilo/${name}/${uid}/wal/12`;
  const env = [postgresVersion, bucket, emptyPrefix, suffix];

  it("reads the UID, the place of the backups and the system identifier", async () => {
    const { seenByRoll, ...identity } = await identityOf({ env, annotation: "7301234567890123456" });
    assert.deepEqual(identity, {
      harbor: "harbor-cluster/harbor-cluster",
      uid,
      backups,
      systemIdentifier: "7301234567890123456",
    });
    assert.equal(seenByRoll, "7301234567890123456");
  });

  it("finds the system identifier in a ConfigMap, where Patroni uses ConfigMaps", async () => {
    const { systemIdentifier } = await identityOf({ annotation: "73", record: "configmaps" });
    assert.equal(systemIdentifier, "73");
  });

  it("ignores a sidecar's own WAL_S3_BUCKET", async () => {
    const sidecar = [{ name: "WAL_S3_BUCKET", value: "sidecar" }];
    assert.equal((await identityOf({ env, sidecar })).backups, backups);
    assert.equal((await identityOf({ sidecar: [...sidecar, postgresVersion] })).backups, null);
  });

  for (const reference of ["WAL_S3_BUCKET", "PGVERSION", "WAL_BUCKET_SCOPE_PREFIX", "WAL_BUCKET_SCOPE_SUFFIX"]) {
    it(`does not know the place if ${reference} comes from a Secret, rather than reading it as empty`, async () => {
      const others = env.filter((variable) => variable.name !== reference);
      assert.equal((await identityOf({ env: [...others, fromSecret(reference)] })).backups, null);
    });
  }

  for (const annotation of ["", "pending", "7301234567890123456 ", "0x1f", undefined]) {
    it(`does not read the annotation ${JSON.stringify(annotation)} as a system identifier`, async () => {
      const { systemIdentifier, seenByRoll } = await identityOf(annotation === undefined ? {} : { annotation });
      assert.deepEqual([systemIdentifier, seenByRoll], [null, undefined]);
    });
  }
});

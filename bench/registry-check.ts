import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CoreV1Api, KubernetesObjectApi, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { connectHarbor } from "../clients/kubernetes/harbor.ts";
import { databasePodLabels, postgresqlName } from "../domain/harbor/names.ts";
import { spiloContainer } from "../domain/harbor/objects.ts";
import { containerOf } from "../domain/kubernetes/container.ts";
import { registryCheckReportSchema } from "../domain/registry/check.ts";
import { awsEnvironment, awsRegion, ensureAws, startAws } from "../sandbox/aws/aws.ts";
import { harborContext } from "../sandbox/harbor/objects.ts";
import { registryKey } from "../sandbox/harbor/registry/image.ts";
import { harborTables } from "../sandbox/harbor/registry/tables.ts";
import { contextLayout, layout } from "../sandbox/host/directory.ts";
import { loadHost } from "../sandbox/host/host.ts";
import { client, create } from "../sandbox/kubernetes/client.ts";
import { sharedCluster } from "../sandbox/pgo/inventory.ts";
import { bareObject, nodeName, runningStatus } from "../sandbox/pgo/objects.ts";
import { instancePodFile } from "../sandbox/pgo/pod-files.ts";
import { everyAtMost, ratioAtMost, type Bench, type Figure, type Result } from "./measure.ts";
import { run, type Run } from "./program.ts";

const checkout = dirname(import.meta.dirname);
const blobs = 100_000;
const content = "a layer";
const bucket = "harbor-artifacts";
const prefix = "docker/registry/v2/blobs/";
const harbor = { namespace: "registry-bench", name: "harbor" };
const awsProcesses = ["aws.moto", "aws.s3-objects", "aws.s3"];

/** Only lists the same keys, page by page, with the same SDK. */
const bareListing = `import { paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
const client = new S3Client({ region: process.env.AWS_REGION });
let keys = 0;
for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: "${bucket}", Prefix: "${prefix}" })) keys += Contents.length;
if (keys !== ${blobs}) throw new Error(keys + " keys");
`;

/** The digest of blob NUMBER, as the query below computes it. */
const digestOf = (number: number): string => {
  const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
  return `sha256:${md5(String(number))}${md5(`x${number}`)}`;
};
const rows = `
insert into blob (digest, content_type, size) select 'sha256:' || md5(n::text) || md5('x' || n), 'layer', ${content.length}
  from generate_series(1, ${blobs}) n;
insert into repository (name, project_id) values ('library/app', 1);
insert into artifact (project_id, repository_id, repository_name, digest, type, media_type, manifest_media_type)
  select 1, 1, 'library/app', digest, 'IMAGE', 'config', 'manifest' from blob where id % 10 = 0;
insert into artifact_blob (digest_af, digest_blob)
  select a.digest, b.digest from blob b join blob a on a.id = b.id - b.id % 10 + 10 where b.id <= ${blobs} - 10
  union select digest, digest from artifact;
analyze;`;

/** Compares `registry check` of 100,000 blobs with a bare listing of them. */
export async function registryCheck({ directory, environment: sandbox, progress, repeat }: Bench): Promise<Result> {
  const programs = await ensureAws(progress);
  const host = await loadHost(directory);
  const { ports, processes, secrets } = host;
  const folder = await mkdtemp(join(tmpdir(), "postgres-recovery-bench-"));
  try {
    await startAws({ directory, processes, ports, secrets }, programs);
    const environment = { ...sandbox, ...awsEnvironment(ports, secrets) };
    progress(`writing ${blobs} blobs and Harbor's tables`);
    await writeBlobs(join(directory, "aws", "objects", bucket));
    await createDatabase(host);
    await writeFile(join(folder, "list.js"), bareListing);
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
    await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
    const report = join(folder, "report.json");
    const bare: [string, ...string[]] = ["node", join(folder, "list.js")];
    const cluster = `${harbor.namespace}/${harbor.name}`;
    const store = ["--bucket", bucket, "--region", awsRegion, "--endpoint", environment["AWS_ENDPOINT_URL_S3"] ?? ""];
    const check: [string, ...string[]] = [
      "postgres-recovery",
      ...["registry", "check", cluster, "--context", harborContext, ...store, "-o", "json"],
    ];
    const [listings, checks]: [Run[], Run[]] = [[], []];
    // The first round only warms the caches.
    for (let time = 0; time <= repeat; time += 1) {
      const listing = await run(bare, { environment, memory: true });
      const checked = await run(check, { environment, stdout: report, memory: true });
      if (time === 0) continue;
      listings.push(listing);
      checks.push(checked);
      progress(
        `registry check, ${time} of ${repeat}: ${checked.seconds.toFixed(1)} s, ${checked.peakMegabytes.toFixed(0)} MB; the bare listing: ${listing.seconds.toFixed(1)} s, ${listing.peakMegabytes.toFixed(0)} MB`,
      );
    }
    const { counted, verdict } = registryCheckReportSchema.parse(JSON.parse(await readFile(report, "utf8")));
    if (counted?.named !== blobs || verdict !== "ok")
      throw new Error(`registry check found ${verdict} and ${counted?.named ?? "no"} blobs`);
    const seconds = (what: string, runs: readonly Run[]): Figure => ({
      what,
      unit: "s",
      values: runs.map((one) => one.seconds),
    });
    const baseline = seconds("a bare listing of the blobs, page by page, with the same SDK", listings);
    const figure = seconds("`postgres-recovery registry check`, with the query in the database", checks);
    const memory: Figure = {
      what: "peak memory of `postgres-recovery registry check`",
      unit: "MB",
      values: checks.map(({ peakMegabytes }) => peakMegabytes),
    };
    return {
      title: `Registry compared with its database, ${blobs} blobs`,
      figures: [baseline, figure, memory],
      checks: [ratioAtMost("`registry check` to the bare listing", figure, baseline, 1.2), everyAtMost(memory, 200)],
      notes: ["Both are whole processes. The database and the store run on the same processors as the check."],
    };
  } finally {
    await Promise.all(awsProcesses.map((name) => processes.stop(name)));
    await rm(folder, { recursive: true });
  }
}

/** Writes directly into versitygw's folder, where each object is a file, because 100,000 uploads would take minutes. */
async function writeBlobs(folder: string): Promise<void> {
  for (let first = 1; first <= blobs; first += 1000) {
    await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const path = join(folder, registryKey(digestOf(first + index)));
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }),
    );
  }
}

/** A Pod like that of a HarborCluster's leader, whose commands run on the sandbox's shared Postgres, with Harbor's tables. */
async function createDatabase(host: Awaited<ReturnType<typeof loadHost>>): Promise<void> {
  const { directory } = host;
  const [sharedPod = ""] = sharedCluster.pods;
  const { database } = instancePodFile(host, sharedCluster, sharedPod).containers;
  const name = `${postgresqlName(harbor)}-0`;
  const metadata = {
    annotations: { "kubectl.kubernetes.io/default-container": spiloContainer },
    namespace: harbor.namespace,
    name,
    labels: { ...databasePodLabels(harbor), "spilo-role": "master" },
  };
  const spec = { nodeName: nodeName(harborContext), containers: [{ name: spiloContainer, image: "spilo" }] };
  const pod = { apiVersion: "v1", kind: "Pod", metadata, spec };
  const config = client(layout(directory).kubeconfig, harborContext);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const folder = join(contextLayout(directory, harborContext).pods, harbor.namespace);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), JSON.stringify({ containers: { [spiloContainer]: database } }), {
    mode: 0o600,
  });
  await create(objects, bareObject("Namespace", harbor.namespace));
  await create(objects, pod);
  const body = { status: { ...runningStatus(pod) } };
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  await config.makeApiClient(CoreV1Api).patchNamespacedPodStatus({ namespace: harbor.namespace, name, body }, merge);

  const target = { context: harborContext, kubeconfig: layout(directory).kubeconfig };
  const { exec } = await connectHarbor(target, new AbortController().signal, () => undefined);
  for (const [databaseName, sql] of [
    ["postgres", "drop database if exists core"],
    ["postgres", "create database core"],
    ["core", harborTables + rows],
  ] as const) {
    const argv = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", databaseName, "-c", sql];
    const result = await exec(containerOf(metadata, spiloContainer), argv, { deadlineSeconds: 300 });
    if (result.end !== "exited" || result.code !== 0) throw new Error(JSON.stringify(result));
  }
}

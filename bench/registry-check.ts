import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
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
import { besideListing } from "./beside-listing.ts";
import type { Bench, Result } from "./measure.ts";

const blobs = 100_000;
const content = "a layer";
const bucket = "harbor-artifacts";
const prefix = "docker/registry/v2/blobs";
const harbor = { namespace: "registry-bench", name: "harbor" };
const awsProcesses = ["aws.moto", "aws.s3-objects", "aws.s3"];

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
export async function registryCheck(bench: Bench): Promise<Result> {
  const { directory, environment: sandbox, progress } = bench;
  const programs = await ensureAws(progress);
  const host = await loadHost(directory);
  const { ports, processes, secrets } = host;
  try {
    await startAws({ directory, processes, ports, secrets }, programs);
    const environment = { ...sandbox, ...awsEnvironment(ports, secrets) };
    progress(`writing ${blobs} blobs and Harbor's tables`);
    await writeBlobs(join(directory, "aws", "objects", bucket));
    await createDatabase(host);
    const store = ["--bucket", bucket, "--region", awsRegion, "--endpoint", environment["AWS_ENDPOINT_URL_S3"] ?? ""];
    const { report, ...measured } = await besideListing(bench, {
      command: "registry check",
      besides: "the query in the database",
      parameters: [`${harbor.namespace}/${harbor.name}`, "--context", harborContext, ...store],
      environment,
      listed: { bucket, prefix },
      objects: blobs,
    });
    const { counted, verdict } = registryCheckReportSchema.parse(report);
    if (counted?.named !== blobs || verdict !== "ok")
      throw new Error(`registry check found ${verdict} and ${counted?.named ?? "no"} blobs`);
    return {
      ...measured,
      title: `Registry compared with its database, ${blobs} blobs`,
      notes: ["Both are whole processes. The database and the store run on the same processors as the check."],
    };
  } finally {
    await Promise.all(awsProcesses.map((name) => processes.stop(name)));
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

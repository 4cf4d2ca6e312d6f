import { ignoredEndpoint } from "../../clients/aws/endpoint.ts";
import type { KubernetesTarget } from "../../clients/kubernetes/api.ts";
import { connectDrill } from "../../clients/kubernetes/drill.ts";
import { connectHarbor } from "../../clients/kubernetes/harbor.ts";
import { readSigner } from "../../clients/signing-keys.ts";
import { sourceFromEnvironment, type DrillSource } from "../../domain/drill/source.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import { spiloVariables } from "../../domain/harbor/objects.ts";
import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { Signer } from "../../domain/ledger/signature.ts";
import { expectationSchema } from "../../domain/restore/proof/request.ts";
import { restoreSource } from "../../domain/restore/restore.ts";
import { runDrill } from "../../operations/drill/run.ts";
import { realSurroundings, type Surroundings } from "../../operations/surroundings.ts";
import type { HarborSettings } from "../../settings/harbor.ts";
import { openedStack, settingsIn } from "../config/edited.ts";
import { projectAt, theFileOf } from "../config/project.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { repeatGrave } from "../findings.ts";
import { jsonFile } from "../json-file.ts";
import { printText } from "../output.ts";
import { askedOf, validated, type RequestOptions } from "../request.ts";
import type { BackupPlaceOptions } from "../restore/backup-place.ts";
import { proofVerdict } from "../restore/proof-verdict.ts";
import { kubernetesTarget, surroundingsOfProcess, traced } from "../session.ts";
import { version } from "../version.ts";
import { drillTask, type DrillTaskOptions } from "./task.ts";
import { drillFindings, drillText } from "./text.ts";

export interface DrillRunOptions extends RequestOptions, BackupPlaceOptions, DrillTaskOptions {
  readonly stack?: string | undefined;
  readonly expect?: string | undefined;
  readonly remember?: true | undefined;
  readonly signingKeyFile?: string | undefined;
}

/** `postgres-recovery drill run`; the result is the exit code. */
export async function drillRun(cluster: ObjectName | undefined, options: DrillRunOptions): Promise<number> {
  const surroundings = surroundingsOfProcess();
  const signer = await signerOf(options);
  const given = await jsonFile("--expect", options.expect);
  const expect = given === undefined ? undefined : validated(expectationSchema, given);
  const stack = options.stack === undefined ? undefined : await declaredDrill(options.stack, cluster);
  const named = cluster ?? stack?.declared.cluster;
  const place = { ...options, ...stack?.kubernetes };
  const source = named && (await sourceOf(named, options, kubernetesTarget(place), surroundings));
  const { request, target } = await askedOf("drill run", named, place, (asked) => {
    if (source === undefined) throw new TypeError("no place of backups was asked for");
    const parts = { cluster: asked, source, expect, declared: stack?.declared, environment: process.env };
    return drillTask(parts, options);
  });
  const { endpointUrl, keys, restore } = request;
  const ignored = ignoredEndpoint("S3", restore.endpoint ?? endpointUrl);
  if (ignored !== undefined) surroundings.progress(ignored);
  const afterStop = realSurroundings(surroundings.progress, new AbortController().signal);
  const [{ connectS3 }, { connectS3Creator }, drill, removal] = await Promise.all([
    // The SDK is big, so it is loaded only here.
    import("../../clients/aws/s3.ts"),
    import("../../clients/aws/s3-create.ts"),
    connectDrill(target, surroundings.signal, surroundings.progress),
    connectDrill(target, afterStop.signal, surroundings.progress),
  ]);
  const s3 = connectS3({ ...restore, keys, endpointUrl });
  // The ledger is written by whoever runs this, not by the reader of the backups.
  const own = connectS3({ ...restore, endpointUrl });
  const creator = connectS3Creator({ ...restore, endpointUrl });
  try {
    const ledger = signer && { s3: own, creator, signer, tool: `postgres-recovery ${version()}` };
    const clients = { drill: options.debug ? traced(drill, surroundings.progress) : drill, removal, s3, ledger };
    const report = await runDrill(clients, request, surroundings, afterStop);
    printText(drillText(report, options), options.color);
    repeatGrave(drillFindings(report), options.output, surroundings.progress);
    return verdictExitCode([proofVerdict(report.verdict)]);
  } finally {
    s3.close();
    own.close();
    creator.close();
  }
}

/** @throws RecoveryError when one of the two options is missing, or the key cannot be used. */
async function signerOf({ remember, signingKeyFile }: DrillRunOptions): Promise<Signer | undefined> {
  if ((remember === true) !== (signingKeyFile !== undefined))
    throw new RecoveryError("arguments-invalid", "--remember and --signing-key-file need each other");
  return signingKeyFile === undefined ? undefined : readSigner(signingKeyFile);
}

/** The place that the options name, else the one to which the running database writes. */
async function sourceOf(
  cluster: ObjectName,
  options: DrillRunOptions,
  target: KubernetesTarget,
  surroundings: Pick<Surroundings, "progress" | "signal">,
): Promise<DrillSource> {
  const { bucket, endpoint, postgresVersion, region = "", scope = postgresqlName(cluster), versionInPath } = options;
  if (bucket === undefined) return ownSource(cluster, target, surroundings);
  const source = restoreSource(options);
  if (source === undefined) throw new RecoveryError("request-invalid", "give exactly one of --uid and --prefix");
  return { bucket, endpoint, region, scope, source, postgresVersion, versionInPath };
}

async function ownSource(
  cluster: ObjectName,
  target: KubernetesTarget,
  { progress, signal }: Pick<Surroundings, "progress" | "signal">,
): Promise<DrillSource> {
  const client = await connectHarbor(target, signal, progress);
  const statefulSet = await client.getStatefulSet(cluster);
  const environment = spiloVariables(statefulSet?.spec.template.spec.containers ?? []);
  const source = sourceFromEnvironment(cluster.namespace, postgresqlName(cluster), environment);
  if (source !== undefined) return source;
  const what = statefulSet === undefined ? "there is no StatefulSet" : "the environment of its Pods does not say";
  throw new RecoveryError("drill-place-unknown", `${formatObjectName(cluster)}: ${what} where the backups are`, {
    next: "name the backups: --bucket, --region, and --uid or --prefix",
  });
}

/**
 * What a stack says of its Harbor and its drills.
 *
 * @param cluster that was named besides; it must be the stack's.
 */
async function declaredDrill(
  stack: string,
  cluster: ObjectName | undefined,
): Promise<{ readonly declared: HarborSettings; readonly kubernetes: KubernetesAccess }> {
  const project = await projectAt(process.cwd());
  const { harbor: declared, kubernetes } = settingsIn(await openedStack(project.name, theFileOf(project, stack)));
  if (declared === undefined) {
    throw new RecoveryError(
      "request-invalid",
      `the stack ${stack} has no setting harbor, so there is nothing to drill`,
    );
  }
  if (cluster !== undefined && formatObjectName(cluster) !== formatObjectName(declared.cluster)) {
    const own = formatObjectName(declared.cluster);
    throw new RecoveryError(
      "request-invalid",
      `the stack ${stack} declares ${own}, and ${formatObjectName(cluster)} is named`,
    );
  }
  return { declared, kubernetes };
}

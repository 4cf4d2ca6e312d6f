import { ignoredEndpoint } from "../../clients/aws/endpoint.ts";
import type { KubernetesTarget } from "../../clients/kubernetes/api.ts";
import { connectDrill } from "../../clients/kubernetes/drill.ts";
import { connectHarbor } from "../../clients/kubernetes/harbor.ts";
import { readSigner } from "../../clients/signing-keys.ts";
import type { AccessKeys } from "../../domain/aws/access-keys.ts";
import type { Duration } from "../../domain/duration.ts";
import { sourceFromEnvironment, type DrillSource } from "../../domain/drill/source.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import { spiloVariables } from "../../domain/harbor/objects.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { Signer } from "../../domain/ledger/signature.ts";
import type { AmcheckMode } from "../../domain/restore/proof/amcheck-modes.ts";
import { expectationSchema } from "../../domain/restore/proof/request.ts";
import { restoreSource } from "../../domain/restore/restore.ts";
import { recommendedImageFor } from "../../domain/spilo/image.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { runDrill } from "../../operations/drill/run.ts";
import { realSurroundings } from "../../operations/surroundings.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { repeatGrave } from "../findings.ts";
import { jsonFile } from "../json-file.ts";
import { printText } from "../output.ts";
import { askedOf, validated, type RequestOptions } from "../request.ts";
import type { BackupPlaceOptions } from "../restore/backup-place.ts";
import { proofVerdict } from "../restore/proof-verdict.ts";
import { kubernetesTarget, surroundingsOfProcess, traced } from "../session.ts";
import { version } from "../version.ts";
import { drillFindings, drillText } from "./text.ts";

export interface DrillRunOptions extends RequestOptions, BackupPlaceOptions {
  readonly targetTime?: string | undefined;
  readonly irsaRoleArn?: string | undefined;
  readonly image?: string | undefined;
  readonly rpo?: Duration | undefined;
  readonly rto?: Duration | undefined;
  readonly expect?: string | undefined;
  readonly amcheck: AmcheckMode;
  readonly cpu: string;
  readonly memory: string;
  readonly volume?: string | undefined;
  readonly storageClass?: string | undefined;
  readonly keep?: true | undefined;
  readonly remember?: true | undefined;
  readonly signingKeyFile?: string | undefined;
  readonly checkTimeout: Duration;
  readonly startTimeout: Duration;
  readonly restoreTimeout: Duration;
  readonly queryTimeout: Duration;
  readonly indexTimeout: Duration;
  readonly dumpTimeout: Duration;
  readonly removeTimeout: Duration;
}

/** `postgres-recovery drill run`; the result is the exit code. */
export async function drillRun(cluster: ObjectName | undefined, options: DrillRunOptions): Promise<number> {
  const surroundings = surroundingsOfProcess();
  const signer = await signerOf(options);
  const expect = validated(expectationSchema, (await jsonFile("--expect", options.expect)) ?? {});
  const source = cluster && (await sourceOf(cluster, options, surroundings));
  const { request, target } = await askedOf("drill run", cluster, options, (named) => ({
    ...taskOf(named, source, options),
    expect,
  }));
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
  surroundings: Pick<ReturnType<typeof surroundingsOfProcess>, "progress" | "signal">,
): Promise<DrillSource> {
  const { bucket, endpoint, postgresVersion, region = "", scope = postgresqlName(cluster), versionInPath } = options;
  if (bucket === undefined) return ownSource(cluster, kubernetesTarget(options), surroundings);
  const source = restoreSource(options);
  if (source === undefined) throw new RecoveryError("request-invalid", "give exactly one of --uid and --prefix");
  return { bucket, endpoint, region, scope, source, postgresVersion, versionInPath };
}

async function ownSource(
  cluster: ObjectName,
  target: KubernetesTarget,
  { progress, signal }: Pick<ReturnType<typeof surroundingsOfProcess>, "progress" | "signal">,
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

function taskOf(
  cluster: ObjectName,
  source: DrillSource | undefined,
  options: DrillRunOptions,
): Omit<TaskOf<"drill run">, "expect"> {
  if (source === undefined) throw new TypeError("no place of backups was asked for");
  const { amcheck, cpu, memory, storageClass, volume, bucketOwner, endpointUrl, irsaRoleArn, targetTime } = options;
  const credentials = irsaRoleArn === undefined ? ("secret" as const) : { irsaRoleArn };
  const image =
    options.image ?? recommendedImageFor({ restoredMajor: source.postgresVersion, irsa: irsaRoleArn !== undefined });
  return {
    cluster,
    image,
    restore: { ...source, id: "drill", bucketOwner, credentials, targetTime },
    keys: credentials === "secret" ? keysOf(process.env) : undefined,
    endpointUrl,
    targets: { rpo: options.rpo, rto: options.rto },
    amcheck,
    resources: { cpu, memory, volume, storageClass },
    keep: options.keep === true,
    timeLimits: {
      check: options.checkTimeout,
      start: options.startTimeout,
      restore: options.restoreTimeout,
      query: options.queryTimeout,
      indexes: options.indexTimeout,
      dump: options.dumpTimeout,
      remove: options.removeTimeout,
    },
  };
}

/** The keys of the environment; undefined when it has none. Those of a profile are not for a Pod. */
function keysOf({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: token,
}: NodeJS.ProcessEnv): AccessKeys | undefined {
  if (token !== undefined && token !== "") {
    throw new RecoveryError("drill-keys-temporary", "AWS_SESSION_TOKEN is set, and Spilo does not hand it to WAL-G", {
      next: "use the access keys of a user that may read the backups, or --irsa-role-arn",
    });
  }
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey };
}

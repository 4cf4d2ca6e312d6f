import type { Duration } from "../../domain/duration.ts";
import { connectHarbor, type HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { KubernetesTarget } from "../../clients/kubernetes/api.ts";
import type { S3Access, S3Client } from "../../clients/aws/s3.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { visibleLine } from "../../domain/visible-text.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { plannedText } from "../../domain/harbor/roll-preview.ts";
import type { RollPreview } from "../../domain/harbor/steps/roll-preview.ts";
import { harborMetrics } from "../../domain/metrics/harbor.ts";
import { openMetrics } from "../../domain/metrics/open-metrics.ts";
import { requiredPgHba } from "../../domain/harbor/pg-hba.ts";
import { harborStatus } from "../../operations/harbor/status.ts";
import { compareEnvironment } from "../../operations/harbor/environment.ts";
import { lookAtPgHba } from "../../operations/harbor/pg-hba-fingerprint.ts";
import { applyPgHba } from "../../operations/harbor/pg-hba.ts";
import { previewRoll } from "../../operations/harbor/roll-preview.ts";
import { rollPods } from "../../operations/harbor/roll.ts";
import type { Surroundings } from "../../operations/surroundings.ts";
import { confirm } from "../confirm.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingsTable, findingVerdict, logLine, withPlace } from "../findings.ts";
import { pasteable, rememberedPlace } from "../hints.ts";
import type { MetricsFormat, OutputFormat } from "../options.ts";
import { outputWidth, printJson, printText } from "../output.ts";
import { table } from "../table.ts";
import type { OperatorOptions } from "../operator-options.ts";
import { operatorOf } from "../operator.ts";
import { askedOf, type RequestOptions } from "../request.ts";
import { surroundingsOfProcess, traced } from "../session.ts";

export interface PgHbaOptions extends RequestOptions {
  readonly line: readonly string[];
  readonly image?: string | undefined;
  readonly externalUrl?: string | undefined;
  readonly wait: Duration;
}
export interface FingerprintOptions extends RequestOptions {
  readonly line: readonly string[];
  readonly wait?: Duration | undefined;
}
export interface RollOptions extends RequestOptions {
  readonly dryRun?: true | undefined;
  readonly yes?: true | undefined;
  readonly podSecret: string;
  readonly operatorTimeout: Duration;
  readonly podTimeout: Duration;
}
export interface StatusOptions extends Omit<RequestOptions, "output">, OperatorOptions {
  readonly output: OutputFormat | MetricsFormat;
  readonly line: readonly string[];
  readonly also: readonly string[];
  readonly backups: boolean;
  readonly endpointUrl?: string | undefined;
}

interface HarborSession {
  readonly client: HarborClient;
  readonly surroundings: Surroundings;
}

async function connect({ debug }: Pick<RequestOptions, "debug">, target: KubernetesTarget): Promise<HarborSession> {
  const surroundings = surroundingsOfProcess();
  const client = await connectHarbor(target, surroundings.signal, surroundings.progress);
  return { client: debug ? traced(client, surroundings.progress) : client, surroundings };
}

/** `postgres-recovery harbor pg-hba`; the result is the exit code. */
export async function harborPgHba(cluster: ObjectName | undefined, options: PgHbaOptions): Promise<number> {
  const { request, target } = await askedOf("harbor pg-hba", cluster, options, (named) => ({
    cluster: named,
    pgHba: requiredPgHba(options.line),
    image: options.image,
    externalUrl: options.externalUrl,
    timeLimit: options.wait,
  }));
  const { client, surroundings } = await connect(options, target);
  const report = await applyPgHba(client, request, surroundings);
  print(options.output, report, pgHbaText);
  return 0;
}

function pgHbaText({ cluster, context, outcome, generation, dropped, pgHba }: ReportOf<"harbor pg-hba">): string {
  const done =
    outcome === "applied"
      ? `${pgHba.length} lines of pg_hba written`
      : `pg_hba is already in place (${pgHba.length} lines)`;
  const removed = dropped.map((line) => `removed: ${line}`);
  return [
    `${cluster} in context ${context}: ${done}; the next change of the HarborCluster (generation ${generation ?? "unknown"}) reverts them`,
    ...removed,
    `next: postgres-recovery harbor roll ${cluster}`,
  ].join("\n");
}

/** `postgres-recovery harbor fingerprint`; the result is the exit code. */
export async function harborFingerprint(cluster: ObjectName | undefined, options: FingerprintOptions): Promise<number> {
  const { request, target } = await askedOf("harbor fingerprint", cluster, options, (named) => ({
    cluster: named,
    pgHba: requiredPgHba(options.line),
    wait: options.wait,
  }));
  const { client, surroundings } = await connect(options, target);
  const report = await lookAtPgHba(client, request, surroundings);
  print(options.output, report, ({ fingerprint }) => fingerprint);
  return 0;
}

/** `postgres-recovery harbor environment`; the result is the exit code. It takes only a request, because keys are no arguments. */
export async function harborEnvironment(cluster: ObjectName | undefined, options: RequestOptions): Promise<number> {
  const { request, target } = await askedOf("harbor environment", cluster, options, () => {
    throw new RecoveryError("cluster-not-named", "give a request on stdin: --request -");
  });
  const { client } = await connect(options, target);
  const report = await compareEnvironment(client, request);
  print(options.output, report, ({ differs }) => (differs.length === 0 ? "as declared" : differs.join("\n")));
  return 0;
}

/** `postgres-recovery harbor roll`; the result is the exit code. */
export async function harborRoll(cluster: ObjectName | undefined, options: RollOptions): Promise<number> {
  const { request, target } = await askedOf("harbor roll", cluster, options, (named) => ({
    cluster: named,
    podSecret: options.podSecret,
    timeLimits: { operator: options.operatorTimeout, pod: options.podTimeout },
  }));
  const { client, surroundings } = await connect(options, target);
  if (options.dryRun === true) {
    print(options.output, await previewRoll(client, request, surroundings.signal), previewText);
    return 0;
  }
  // `pulumi up` has asked already, by its preview.
  const asks = options.request === undefined && options.yes !== true;
  if (asks) await confirmRoll(await previewRoll(client, request, surroundings.signal), surroundings.signal);
  const report = await rollPods(client, request, surroundings);
  print(options.output, report, rollText);
  return 0;
}

async function confirmRoll(preview: RollPreview, signal: AbortSignal): Promise<void> {
  if (preview.steps.length === 0) return;
  await confirm(previewText(preview), "Do this?", signal);
}

function previewText({ cluster, context, steps }: RollPreview): string {
  if (steps.length === 0) return `${cluster} in context ${context}: every Pod is already current`;
  return [`${cluster} in context ${context}:`, ...steps.map((step, index) => `  ${index + 1}. ${plannedText(step)}`)]
    .map(visibleLine)
    .join("\n");
}

function rollText({ cluster, context, outcome, pods, leader }: ReportOf<"harbor roll">): string {
  const byUs = pods.length === 0 ? "by the Zalando operator itself" : pods.join(", ");
  const done = outcome === "rolled" ? `every Pod has been recreated (${byUs})` : "every Pod is already current";
  return `${cluster} in context ${context}: ${done}; the leader is ${leader}`;
}

/** `postgres-recovery harbor status`; the result is the exit code. */
export async function harborStatusCommand(cluster: ObjectName | undefined, options: StatusOptions): Promise<number> {
  const { request, target } = await askedOf("harbor status", cluster, options, (named) => ({
    cluster: named,
    operator: operatorOf(options),
    pgHba: requiredPgHba(options.line),
    alsoSecrets: [...options.also],
    backups: options.backups,
    endpointUrl: options.endpointUrl,
  }));
  const { client, surroundings } = await connect(options, target);
  const report = await harborStatus({ harbor: client, connectS3: openS3 }, request, surroundings);
  switch (options.output) {
    case "json":
      printJson(report);
      break;
    case "log":
      printText(report.sections.flatMap(({ findings }) => withPlace(findings).map(logLine)).join("\n"));
      break;
    case "openmetrics":
      printText(openMetrics(harborMetrics(report)));
      break;
    case "table":
      printText(statusTable(report, options), options.color);
  }
  return verdictExitCode([findingVerdict(report.verdict)]);
}

/** The SDK is big, so it is loaded only once the place of the backups is known. */
async function openS3(access: S3Access): Promise<S3Client> {
  const { connectS3 } = await import("../../clients/aws/s3.ts");
  return connectS3(access);
}

function statusTable(
  { clone, cluster, context, pods, sections }: ReportOf<"harbor status">,
  { color }: StatusOptions,
): string {
  const rows = pods.map(({ name, role, ready, current }) => [
    name,
    role,
    ready ? "yes" : "no",
    current ? "yes" : "no: older template or keys",
  ]);
  return [
    ...(rows.length === 0 ? [] : [table(["POD", "ROLE", "READY", "CURRENT"], rows), ""]),
    findingsTable(
      sections.flatMap(({ findings }) => withPlace(findings)),
      color,
      outputWidth(),
    ),
    "",
    visibleLine(`${cluster} in context ${context}`),
    ...(clone.length === 0 ? [] : [visibleLine(`CLONE_ values: ${clone.join(", ")}`)]),
  ].join("\n");
}

function print<Report>(output: OutputFormat, report: Report, text: (report: Report) => string): void {
  if (output === "json") printJson(report);
  else printText(pasteable(text(report), rememberedPlace()));
}

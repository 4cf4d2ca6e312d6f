import { z } from "zod";
import { askHarbor } from "../../clients/harbor-api.ts";
import { connectHarbor } from "../../clients/kubernetes/harbor.ts";
import type { S3Access, S3Client } from "../../clients/aws/s3.ts";
import type { S3Versions } from "../../clients/aws/s3-versions.ts";
import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { restoreCheckReportSchema, type RestoreCheckReport } from "../../domain/restore/check.ts";
import type { RegistryProof } from "../../domain/restore/proof/request.ts";
import type { AmcheckMode } from "../../domain/restore/proof/amcheck-modes.ts";
import { expectationSchema } from "../../domain/restore/proof/request.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { visibleJson, visibleLine } from "../../domain/visible-text.ts";
import { verifyRestore } from "../../operations/restore/verify.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingsTable, repeatGrave, logLine, withPlace } from "../findings.ts";
import { jsonFile } from "../json-file.ts";
import { outputWidth, printText } from "../output.ts";
import { askedOf, validated, type RequestOptions } from "../request.ts";
import { surroundingsOfProcess, traced } from "../session.ts";
import { proofVerdict, statusVerdicts, statusWords } from "./proof-verdict.ts";
import { brokenBlobs } from "../registry/broken-blobs.ts";
import { fittedTable, painted, table } from "../table.ts";

type Report = ReportOf<"restore verify">;

export interface RestoreVerifyOptions extends RequestOptions {
  readonly check?: string | undefined;
  readonly systemIdentifier?: string | undefined;
  readonly targetTime?: string | undefined;
  readonly lostAt?: string | undefined;
  readonly expect?: string | undefined;
  readonly amcheck: AmcheckMode;
  readonly harborUrl?: string | undefined;
  readonly harborInsecure?: true | undefined;
  readonly skipHarbor?: string | undefined;
  readonly bucketOwner?: string | undefined;
  readonly endpointUrl?: string | undefined;
  readonly registryBucket?: string | undefined;
  readonly registryRegion?: string | undefined;
  readonly registryEndpoint?: string | undefined;
  readonly registryOwner?: string | undefined;
  readonly registryRoot: string;
  readonly registryDatabase: string;
  readonly registryDigests: boolean;
  readonly registryProblems: RegistryProof["problems"];
  readonly queryTimeout: Duration;
  readonly indexTimeout: Duration;
  readonly archiveTimeout: Duration;
  readonly backupTimeout: Duration;
  readonly harborTimeout: Duration;
  readonly registryTimeout: Duration;
  readonly timeout: Duration;
}

/** `postgres-recovery restore verify`; the result is the exit code. */
export async function restoreVerify(cluster: ObjectName | undefined, options: RestoreVerifyOptions): Promise<number> {
  const [checked, expected] = await Promise.all([
    jsonFile("--check", options.check),
    jsonFile("--expect", options.expect),
  ]);
  const check = checked === undefined ? undefined : checkReport(checked);
  const expect = validated(expectationSchema, expected ?? {});
  const { request, target } = await askedOf("restore verify", cluster, options, (named) => ({
    ...taskOf(named, options),
    expect,
    backup: check?.backup ?? undefined,
  }));
  const surroundings = surroundingsOfProcess();
  const client = await connectHarbor(target, surroundings.signal, surroundings.progress);
  const harbor = options.debug ? traced(client, surroundings.progress) : client;
  const report = await verifyRestore(
    { harbor, connectS3: openS3, connectS3Versions: openS3Versions, askHarbor },
    request,
    surroundings,
  );
  printText(rendered(report, options), options.color);
  repeatGrave(findingsOf(report), options.output, surroundings.progress);
  return verdictExitCode([proofVerdict(report.verdict)]);
}

/** The SDK is big, so it is loaded only once the place of the backups is known. */
async function openS3(access: S3Access): Promise<S3Client> {
  const { connectS3 } = await import("../../clients/aws/s3.ts");
  return connectS3(access);
}

async function openS3Versions(access: S3Access): Promise<S3Versions> {
  const { connectS3Versions } = await import("../../clients/aws/s3-versions.ts");
  return connectS3Versions(access);
}

function checkReport(content: unknown): RestoreCheckReport {
  const { data } = restoreCheckReportSchema.extend({ findings: z.unknown() }).safeParse(content);
  if (data?.backup != null) return { ...data, findings: [] };
  const what = data === undefined ? "is not a report of restore check" : "names no backup";
  throw new RecoveryError("arguments-invalid", `the file of --check ${what}`, {
    next: "postgres-recovery restore check … -o json > check.json",
  });
}

function taskOf(cluster: ObjectName, options: RestoreVerifyOptions): Omit<TaskOf<"restore verify">, "expect"> {
  const { amcheck, bucketOwner, endpointUrl, harborInsecure, harborUrl, lostAt, skipHarbor } = options;
  return {
    cluster,
    systemIdentifier: options.systemIdentifier,
    targetTime: options.targetTime,
    lostAt,
    amcheck,
    harbor: { url: harborUrl, insecure: harborInsecure ?? false, skip: skipHarbor },
    registry: registryOf(options),
    bucketOwner,
    endpointUrl,
    timeLimits: {
      query: options.queryTimeout,
      indexes: options.indexTimeout,
      archive: options.archiveTimeout,
      backup: options.backupTimeout,
      harbor: options.harborTimeout,
      registry: options.registryTimeout,
      total: options.timeout,
    },
  };
}

function registryOf(options: RestoreVerifyOptions): TaskOf<"restore verify">["registry"] {
  const {
    registryBucket: bucket,
    registryEndpoint: endpoint,
    registryOwner: bucketOwner,
    registryRegion: region,
  } = options;
  const isNamed = [bucket, region, endpoint, bucketOwner].some((option) => option !== undefined);
  return {
    store: isNamed ? { bucket: bucket ?? "", region: region ?? "", endpoint, bucketOwner } : undefined,
    root: options.registryRoot,
    database: options.registryDatabase,
    digests: options.registryDigests,
    problems: options.registryProblems,
  };
}

function findingsOf({ checks }: Report) {
  return withPlace(checks.flatMap(({ findings }) => findings));
}

function rendered(report: Report, { output, color }: RestoreVerifyOptions): string {
  switch (output) {
    case "json":
      return visibleJson(report);
    case "log":
      return findingsOf(report).map(logLine).join("\n");
    case "table":
      return verifyTable(report, color, outputWidth());
  }
}

/** The proof for a person: each check with what was found, then what to do, then how long the restore took. */
export function verifyTable(report: Report, color: RestoreVerifyOptions["color"], width: number): string {
  const rows = report.checks.map(({ check, status, seconds, found }) => [
    check,
    painted(statusWords[status], statusVerdicts[status], color),
    `${seconds} s`,
    found,
  ]);
  const notable = findingsOf(report).filter(({ severity }) => severity !== "ok");
  const phases = report.phases.map(({ phase, at, seconds }) => [phase, at, seconds === null ? "" : `+${seconds} s`]);
  return [
    fittedTable(["CHECK", "STATUS", "TOOK", "FOUND"], rows, { width }),
    "",
    ...(notable.length === 0 ? [] : [findingsTable(notable, color, width), ""]),
    ...(report.registry === null ? [] : brokenBlobs(report.registry)),
    table(["PHASE", "AT", ""], phases),
    "",
    measures(report),
    visibleLine(`${report.cluster} in context ${report.context}: ${conclusion(report)}`),
  ].join("\n");
}

function measures({ rpo, rto }: Report): string {
  const lost = rpo.lostSeconds === null ? "" : `, ${rpo.lostSeconds} s before the loss`;
  const commit = rpo.newestCommit ?? "not known (PostgreSQL's log does not have it)";
  const took = rto.seconds === null ? "not known" : `${rto.seconds} s`;
  return `newest replayed commit: ${commit}${lost}\nsince the restore began: ${took}`;
}

function conclusion({ checks, verdict }: Report): string {
  switch (verdict) {
    case "proven":
      return checks.some(({ status }) => status === "warning")
        ? "the restore is proven, with warnings: see the findings"
        : "the restore is proven";
    case "failed":
      return "the restore has failed: see the findings";
    case "unknown":
      return "the restore is not proven: something could not be found out";
  }
}

import { ignoredEndpoint } from "../../clients/aws/endpoint.ts";
import { connectHarbor } from "../../clients/kubernetes/harbor.ts";
import type { Duration } from "../../domain/duration.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { visibleLine } from "../../domain/visible-text.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { checkRegistry } from "../../operations/registry/check.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingsTable, findingVerdict, repeatGrave, logLine, withPlace } from "../findings.ts";
import { outputWidth, printJson, printText } from "../output.ts";
import { askedOf, type RequestOptions } from "../request.ts";
import { surroundingsOfProcess, traced } from "../session.ts";
import { brokenBlobs } from "./broken-blobs.ts";

export interface RegistryCheckOptions extends RequestOptions {
  readonly bucket?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly endpointUrl?: string | undefined;
  readonly bucketOwner?: string | undefined;
  readonly root: string;
  readonly database: string;
  readonly digests: boolean;
  readonly timeout: Duration;
}

/** `postgres-recovery registry check`; the result is the exit code. */
export async function registryCheck(cluster: ObjectName | undefined, options: RegistryCheckOptions): Promise<number> {
  const { request, target } = await askedOf("registry check", cluster, options, (named) => ({
    cluster: named,
    bucket: options.bucket ?? "",
    region: options.region ?? "",
    endpoint: options.endpoint,
    endpointUrl: options.endpointUrl,
    bucketOwner: options.bucketOwner,
    root: options.root,
    database: options.database,
    digests: options.digests,
    timeLimit: options.timeout,
  }));
  const surroundings = surroundingsOfProcess();
  const harbor = await connectHarbor(target, surroundings.signal, surroundings.progress);
  const ignored = ignoredEndpoint("S3", request.endpoint ?? request.endpointUrl);
  if (ignored !== undefined) surroundings.progress(ignored);
  // The SDK is big, so it is loaded only here.
  const { connectS3 } = await import("../../clients/aws/s3.ts");
  const { connectS3Versions } = await import("../../clients/aws/s3-versions.ts");
  const [s3, versions] = [connectS3(request), connectS3Versions(request)];
  try {
    const asked = { harbor: options.debug ? traced(harbor, surroundings.progress) : harbor, s3, versions };
    const report = await checkRegistry(asked, request, surroundings);
    print(report, options);
    return verdictExitCode([findingVerdict(report.verdict)]);
  } finally {
    s3.close();
    versions.close();
  }

  function print(report: ReportOf<"registry check">, { color, output }: RegistryCheckOptions): void {
    switch (output) {
      case "json":
        printJson(report);
        repeatGrave(withPlace(report.findings), output, surroundings.progress);
        break;
      case "log":
        printText(withPlace(report.findings).map(logLine).join("\n"));
        break;
      case "table":
        printText(rendered(report, { color }), color);
    }
  }
}

function rendered(report: ReportOf<"registry check">, { color }: Pick<RegistryCheckOptions, "color">): string {
  const { cluster, context, findings, place } = report;
  return [
    ...brokenBlobs(report),
    findingsTable(withPlace(findings), color, outputWidth()),
    "",
    visibleLine(`${cluster} in context ${context}, ${place}: ${conclusion(report)}`),
  ].join("\n");
}

function conclusion({ counted, verdict }: ReportOf<"registry check">): string {
  if (counted === null) return "it is not known what can be pulled";
  const all = `${counted.named} blobs named, ${counted.stored} stored`;
  return verdict === "refuse" ? `not everything can be pulled (${all})` : `everything can be pulled (${all})`;
}

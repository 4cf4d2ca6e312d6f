import type { z } from "zod";
import { connectHarbor, type HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { SecretsManager } from "../../clients/aws/secrets-manager.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import {
  fingerprintRequestSchema,
  keepRequestSchema,
  secretNames,
  secretsRestoreRequestSchema,
  type KeepReport,
  type SecretsRestoreReport,
} from "../../domain/secrets/request.ts";
import { fingerprintSecrets } from "../../operations/secrets/fingerprint.ts";
import { keepSecrets } from "../../operations/secrets/keep.ts";
import { restoreSecrets } from "../../operations/secrets/restore.ts";
import type { Surroundings } from "../../operations/surroundings.ts";
import type { OutputFormat } from "../options.ts";
import { table } from "../render.ts";
import { given, requestOf, type RequestOptions } from "../request.ts";
import { surroundingsOfProcess } from "../session.ts";
import { type ObjectName, requestedCluster } from "../../domain/kubernetes/object-name.ts";

export interface SecretsOptions extends Omit<RequestOptions, "timeout"> {
  readonly also: readonly string[];
  readonly region?: string;
}
export interface SecretsRestoreOptions extends SecretsOptions {
  readonly uid?: string;
}
export interface SecretsFingerprintOptions extends SecretsOptions {
  readonly wait?: Duration;
}

/** `postgres-recovery secrets keep`; the result is the exit code. */
export async function secretsKeep(cluster: string | undefined, options: SecretsOptions): Promise<number> {
  const { kubernetes, harbor, names, request, surroundings } = await prepared(keepRequestSchema, cluster, options, {
    region: options.region,
  });
  const aws = await secretsManager(request.region, surroundings);
  printReport(await keepSecrets(kubernetes, aws, harbor, names, surroundings), options.output);
  return 0;
}

/** `postgres-recovery secrets restore`; the result is the exit code. */
export async function secretsRestore(cluster: string | undefined, options: SecretsRestoreOptions): Promise<number> {
  const more = { region: options.region, uid: options.uid };
  const { kubernetes, harbor, names, request, surroundings } = await prepared(
    secretsRestoreRequestSchema,
    cluster,
    options,
    more,
  );
  const aws = await secretsManager(request.region, surroundings);
  printReport(await restoreSecrets(kubernetes, aws, harbor, names, request.uid, surroundings), options.output);
  return 0;
}

/** `postgres-recovery secrets fingerprint`; the result is the exit code. */
export async function secretsFingerprint(
  cluster: string | undefined,
  options: SecretsFingerprintOptions,
): Promise<number> {
  const { kubernetes, harbor, names, request, surroundings } = await prepared(
    fingerprintRequestSchema,
    cluster,
    options,
    { wait: options.wait && formatDuration(options.wait) },
  );
  const report = await fingerprintSecrets(kubernetes, harbor, names, request.wait, surroundings);
  process.stdout.write(`${options.output === "json" ? JSON.stringify(report) : report.fingerprint}\n`);
  return 0;
}

interface Prepared<Request> {
  readonly kubernetes: HarborClient;
  readonly harbor: ObjectName;
  readonly names: string[];
  readonly request: Request;
  readonly surroundings: Surroundings;
}

type BaseRequest = Pick<z.infer<typeof keepRequestSchema>, "also" | "cluster" | "kubernetes">;

/** The request, from stdin or from the arguments, and a connection to the cluster that it names. */
async function prepared<Request extends BaseRequest>(
  schema: z.ZodType<Request>,
  cluster: string | undefined,
  options: SecretsOptions,
  more: Readonly<Record<string, string | undefined>>,
): Promise<Prepared<Request>> {
  const { request, target } = await requestOf(schema, cluster, options, () => ({ also: options.also, ...given(more) }));
  const harbor = requestedCluster(request);
  const surroundings = surroundingsOfProcess();
  const kubernetes = await connectHarbor(target, surroundings.signal, surroundings.progress);
  return { kubernetes, harbor, names: secretNames(harbor, request.also), request, surroundings };
}

/** The SDK is big: `secrets fingerprint`, which every preview runs, does without it. */
async function secretsManager(region: string | undefined, { progress, signal }: Surroundings): Promise<SecretsManager> {
  const { connectSecretsManager } = await import("../../clients/aws/secrets-manager.ts");
  return connectSecretsManager(region, signal, progress);
}

function printReport(report: KeepReport | SecretsRestoreReport, output: OutputFormat): void {
  process.stdout.write(`${rendered(report, output)}\n`);
}

function rendered(report: KeepReport | SecretsRestoreReport, output: OutputFormat): string {
  switch (output) {
    case "json":
      return JSON.stringify(report);
    case "log":
      return report.secrets.map(({ name, copy, outcome }) => `${name} ${copy} ${outcome}`).join("\n");
    case "table": {
      const { backups, systemIdentifier, uid } = report.cluster;
      return [
        table(
          ["SECRET", "OUTCOME"],
          report.secrets.map(({ name, outcome }) => [name, outcome]),
        ),
        "",
        `copies:            AWS Secrets Manager, ${report.secrets[0]?.copy.replace(/[^/]*$/, "") ?? ""}…`,
        `database:          ${uid}`,
        `system identifier: ${systemIdentifier ?? "unknown"}`,
        `backups:           ${backups ?? "unknown"}`,
      ].join("\n");
    }
  }
}

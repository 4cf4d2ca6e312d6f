import { ignoredEndpoint } from "../../clients/aws/endpoint.ts";
import { connectHarbor, type HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { SecretsManager, SecretsManagerAccess } from "../../clients/aws/secrets-manager.ts";
import type { Duration } from "../../domain/duration.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { secretNames } from "../../domain/secrets/request.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { fingerprintSecrets } from "../../operations/secrets/fingerprint.ts";
import { keepSecrets } from "../../operations/secrets/keep.ts";
import { restoreSecrets } from "../../operations/secrets/restore.ts";
import type { Surroundings } from "../../operations/surroundings.ts";
import type { OutputFormat } from "../options.ts";
import { printJson, printText } from "../output.ts";
import { table } from "../table.ts";
import { askedOf, type Asked, type RequestOptions } from "../request.ts";
import { surroundingsOfProcess } from "../session.ts";

interface SecretsOptions extends RequestOptions {
  readonly also: readonly string[];
}
export interface SecretsKeepOptions extends SecretsOptions {
  readonly region?: string | undefined;
  readonly endpointUrl?: string | undefined;
}
export interface SecretsRestoreOptions extends SecretsKeepOptions {
  readonly uid?: string | undefined;
  readonly wait: Duration;
}
export interface SecretsFingerprintOptions extends SecretsOptions {
  readonly wait?: Duration | undefined;
}

/** `postgres-recovery secrets keep`; the result is the exit code. */
export async function secretsKeep(cluster: ObjectName | undefined, options: SecretsKeepOptions): Promise<number> {
  const asked = await askedOf("secrets keep", cluster, options, (named) => ({
    cluster: named,
    also: [...options.also],
    region: options.region,
    endpointUrl: options.endpointUrl,
  }));
  const { kubernetes, surroundings } = await connect(asked);
  const { cluster: harbor, also } = asked.request;
  const aws = await secretsManager(asked.request, surroundings);
  const report = await keepSecrets(kubernetes, aws, harbor, secretNames(harbor, also), surroundings);
  printReport({ ...report, context: kubernetes.context }, options.output);
  return 0;
}

/** `postgres-recovery secrets restore`; the result is the exit code. */
export async function secretsRestore(cluster: ObjectName | undefined, options: SecretsRestoreOptions): Promise<number> {
  const asked = await askedOf("secrets restore", cluster, options, (named) => ({
    cluster: named,
    also: [...options.also],
    region: options.region,
    endpointUrl: options.endpointUrl,
    uid: options.uid,
    wait: options.wait,
  }));
  const { kubernetes, surroundings } = await connect(asked);
  const { cluster: harbor, also, uid, wait } = asked.request;
  const aws = await secretsManager(asked.request, surroundings);
  const names = secretNames(harbor, also);
  const report = await restoreSecrets(kubernetes, aws, harbor, names, { uid, wait }, surroundings);
  printReport({ ...report, context: kubernetes.context }, options.output);
  return 0;
}

/** `postgres-recovery secrets fingerprint`; the result is the exit code. */
export async function secretsFingerprint(
  cluster: ObjectName | undefined,
  options: SecretsFingerprintOptions,
): Promise<number> {
  const asked = await askedOf("secrets fingerprint", cluster, options, (named) => ({
    cluster: named,
    also: [...options.also],
    wait: options.wait,
  }));
  const { kubernetes, surroundings } = await connect(asked);
  const { cluster: harbor, also, wait } = asked.request;
  const report = await fingerprintSecrets(kubernetes, harbor, secretNames(harbor, also), wait, surroundings);
  if (options.output === "json") printJson(report);
  else printText(report.fingerprint);
  return 0;
}

interface Connected {
  readonly kubernetes: HarborClient;
  readonly surroundings: Surroundings;
}

async function connect({ target }: Pick<Asked<"secrets keep">, "target">): Promise<Connected> {
  const surroundings = surroundingsOfProcess();
  return { kubernetes: await connectHarbor(target, surroundings.signal, surroundings.progress), surroundings };
}

/** Loaded late because the SDK is big. `secrets fingerprint`, which every preview runs, does not need it. */
async function secretsManager(
  access: SecretsManagerAccess,
  { progress, signal }: Surroundings,
): Promise<SecretsManager> {
  const { connectSecretsManager } = await import("../../clients/aws/secrets-manager.ts");
  const ignored = ignoredEndpoint("SECRETS_MANAGER", access.endpointUrl);
  if (ignored !== undefined) progress(ignored);
  return connectSecretsManager(access, signal, progress);
}

type SecretsReport = ReportOf<"secrets keep"> | ReportOf<"secrets restore">;

function printReport(report: SecretsReport, output: OutputFormat): void {
  printText(rendered(report, output));
}

function rendered(report: SecretsReport, output: OutputFormat): string {
  switch (output) {
    case "json":
      return visibleJson(report);
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
        `context:           ${report.context ?? "unknown"}`,
        `copies:            AWS Secrets Manager, ${report.secrets[0]?.copy.replace(/[^/]*$/, "") ?? ""}…`,
        `database:          ${uid}`,
        `system identifier: ${systemIdentifier ?? "unknown"}`,
        `backups:           ${backups ?? "unknown"}`,
      ].join("\n");
    }
  }
}

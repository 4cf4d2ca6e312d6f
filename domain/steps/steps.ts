import { z } from "zod";
import { checkReportSchema } from "../check/report.ts";
import { explainIssue, problemText } from "../problems.ts";
import { backupListReportSchema, backupVerifyReportSchema } from "../backups/report.ts";
import { backupListRequestSchema, backupProofsRequestSchema, backupVerifyRequestSchema } from "../backups/request.ts";
import { dumpCommandReportSchema } from "../dump/report.ts";
import { drillCleanReportSchema, drillListReportSchema, drillRunReportSchema } from "../drill/report.ts";
import { drillRunRequestSchema } from "../drill/request.ts";
import { environmentReportSchema, environmentRequestSchema } from "../harbor/steps/environment.ts";
import { fingerprintReportSchema, fingerprintRequestSchema } from "../harbor/steps/fingerprint.ts";
import { pgHbaReportSchema, pgHbaRequestSchema } from "../harbor/steps/pg-hba.ts";
import { rollReportSchema, rollRequestSchema } from "../harbor/steps/roll.ts";
import { statusReportSchema, statusRequestSchema } from "../harbor/steps/status.ts";
import { backupProofsReportSchema } from "../ledger/report.ts";
import { fleetReportSchema } from "../fleet/report.ts";
import type { Permission } from "../kubernetes/permissions.ts";
import { registryCheckReportSchema, registryCheckRequestSchema } from "../registry/check.ts";
import { restoreCheckReportSchema, restoreCheckRequestSchema } from "../restore/check.ts";
import { restoreVerifyReportSchema } from "../restore/proof/report.ts";
import { restoreVerifyRequestSchema } from "../restore/proof/request.ts";
import {
  keepReportSchema,
  keepRequestSchema,
  secretsFingerprintReportSchema,
  secretsFingerprintRequestSchema,
  secretsRestoreReportSchema,
  secretsRestoreRequestSchema,
} from "../secrets/request.ts";
import { configTargetsReportSchema } from "../stack/config-edit.ts";
import { stackLookReportSchema, stackLookRequestSchema } from "../stack/look.ts";
import { stanzaCreateReportSchema, stanzaCreateRequestSchema } from "../stanza/create.ts";
import { scanReportSchema } from "../stanza/list-report.ts";
import { stepPermissions, type StepName } from "./permissions.ts";

/** A step of a runbook. Its name is the CLI command that runs it. */
interface Step {
  /** What `--request -` reads from stdin; absent where a step takes arguments alone. */
  readonly request?: z.ZodObject;
  /** What `--output json` prints. */
  readonly report: z.ZodObject;
  /** What it asks of the Kubernetes API. */
  readonly permissions: readonly Permission[];
}

/** Every step of the runbooks. Components, CLI, generated pages and tests read it here. */
export const steps = {
  "stanza list": { report: scanReportSchema, permissions: stepPermissions["stanza list"] },
  "backup fleet": { report: fleetReportSchema, permissions: stepPermissions["backup fleet"] },
  "config targets": { report: configTargetsReportSchema, permissions: stepPermissions["config targets"] },
  "stanza create": {
    request: stanzaCreateRequestSchema,
    report: stanzaCreateReportSchema,
    permissions: stepPermissions["stanza create"],
  },
  dump: { report: dumpCommandReportSchema, permissions: stepPermissions.dump },
  check: { report: checkReportSchema, permissions: stepPermissions.check },
  "restore check": {
    request: restoreCheckRequestSchema,
    report: restoreCheckReportSchema,
    permissions: stepPermissions["restore check"],
  },
  "restore verify": {
    request: restoreVerifyRequestSchema,
    report: restoreVerifyReportSchema,
    permissions: stepPermissions["restore verify"],
  },
  "backup list": {
    request: backupListRequestSchema,
    report: backupListReportSchema,
    permissions: stepPermissions["backup list"],
  },
  "backup verify": {
    request: backupVerifyRequestSchema,
    report: backupVerifyReportSchema,
    permissions: stepPermissions["backup verify"],
  },
  "backup proofs": {
    request: backupProofsRequestSchema,
    report: backupProofsReportSchema,
    permissions: stepPermissions["backup proofs"],
  },
  "drill run": {
    request: drillRunRequestSchema,
    report: drillRunReportSchema,
    permissions: stepPermissions["drill run"],
  },
  "drill list": { report: drillListReportSchema, permissions: stepPermissions["drill list"] },
  "drill clean": { report: drillCleanReportSchema, permissions: stepPermissions["drill clean"] },
  "harbor status": {
    request: statusRequestSchema,
    report: statusReportSchema,
    permissions: stepPermissions["harbor status"],
  },
  "harbor pg-hba": {
    request: pgHbaRequestSchema,
    report: pgHbaReportSchema,
    permissions: stepPermissions["harbor pg-hba"],
  },
  "harbor fingerprint": {
    request: fingerprintRequestSchema,
    report: fingerprintReportSchema,
    permissions: stepPermissions["harbor fingerprint"],
  },
  "harbor environment": {
    request: environmentRequestSchema,
    report: environmentReportSchema,
    permissions: stepPermissions["harbor environment"],
  },
  "harbor roll": {
    request: rollRequestSchema,
    report: rollReportSchema,
    permissions: stepPermissions["harbor roll"],
  },
  "registry check": {
    request: registryCheckRequestSchema,
    report: registryCheckReportSchema,
    permissions: stepPermissions["registry check"],
  },
  "secrets keep": {
    request: keepRequestSchema,
    report: keepReportSchema,
    permissions: stepPermissions["secrets keep"],
  },
  "secrets restore": {
    request: secretsRestoreRequestSchema,
    report: secretsRestoreReportSchema,
    permissions: stepPermissions["secrets restore"],
  },
  "secrets fingerprint": {
    request: secretsFingerprintRequestSchema,
    report: secretsFingerprintReportSchema,
    permissions: stepPermissions["secrets fingerprint"],
  },
  "stack look": {
    request: stackLookRequestSchema,
    report: stackLookReportSchema,
    permissions: stepPermissions["stack look"],
  },
} as const satisfies Record<StepName, Step>;

type Steps = typeof steps;

/** A step that can be run by a request. */
export type RequestedStep = {
  [Name in StepName]: Steps[Name] extends { request: z.ZodObject } ? Name : never;
}[StepName];

/** What a step is asked, as the program holds it: durations are seconds, a cluster's name has its two parts. */
export type RequestOf<Name extends RequestedStep> = z.output<Steps[Name]["request"]>;

/** A request apart from its version and from which Kubernetes cluster is meant: what an operation needs of it. */
export type TaskOf<Name extends RequestedStep> = Omit<RequestOf<Name>, "version" | "kubernetes">;

/** What a step reports. */
export type ReportOf<Name extends StepName> = z.output<Steps[Name]["report"]>;

/** What reads a step's request; `z.encode` makes its JSON again. */
export function requestSchema<Name extends RequestedStep>(step: Name): z.ZodType<RequestOf<Name>> {
  const typed: { readonly [Each in RequestedStep]: { readonly request: z.ZodType<RequestOf<Each>> } } = steps;
  return typed[step].request;
}

/** What reads a step's report. */
export function reportSchema<Name extends StepName>(step: Name): z.ZodType<ReportOf<Name>> {
  const typed: { readonly [Each in StepName]: { readonly report: z.ZodType<ReportOf<Each>> } } = steps;
  return typed[step].report;
}

/** What is wrong with a task that a step would refuse, without its values; undefined when the step takes it. */
export function taskProblem<Name extends RequestedStep>(step: Name, task: TaskOf<Name>): string | undefined {
  const whole: z.ZodObject<z.core.$ZodShape, z.core.$ZodObjectConfig> = steps[step].request;
  const schema: z.ZodType = whole.omit({ version: true, kubernetes: true });
  const { error } = z.safeEncode(schema, task, { error: explainIssue });
  return error && problemText(error);
}

import { checkPermissions } from "../check/permissions.ts";
import { drillPermissions } from "../drill/permissions.ts";
import { fleetPermissions } from "../fleet/permissions.ts";
import { harborPermissions } from "../harbor/permissions.ts";
import { orderBackup, permissions, type Permission } from "../kubernetes/permissions.ts";
import { registryPermissions } from "../registry/permissions.ts";
import { secretsPermissions } from "../secrets/permissions.ts";
import { stackPermissions } from "../stack/permissions.ts";

// Apart from steps.ts, so that `--help` does not load zod.

/** What each step asks of the Kubernetes API, and nothing more. */
export const stepPermissions = {
  ...permissions,
  ...checkPermissions,
  ...fleetPermissions,
  ...harborPermissions,
  ...drillPermissions,
  ...registryPermissions,
  ...secretsPermissions,
  ...stackPermissions,
};

/** What an option of a step asks of it in addition. */
export const optionPermissions: readonly {
  readonly step: keyof typeof stepPermissions;
  readonly option: string;
  readonly permissions: readonly Permission[];
}[] = [{ step: "stanza create", option: "--first-backup", permissions: [orderBackup] }];

/** Each step of the runbooks, by its CLI command. */
export type StepName = keyof typeof stepPermissions;

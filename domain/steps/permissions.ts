import { harborPermissions } from "../harbor/permissions.ts";
import { permissions } from "../kubernetes/permissions.ts";
import { secretsPermissions } from "../secrets/permissions.ts";

// Apart from steps.ts, so that `--help` does not load zod.

/** What each step asks of the Kubernetes API, and nothing more. */
export const stepPermissions = { ...permissions, ...harborPermissions, ...secretsPermissions };

/** Each step of the runbooks, by its CLI command. */
export type StepName = keyof typeof stepPermissions;

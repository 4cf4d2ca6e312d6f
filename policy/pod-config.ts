import { podConfig } from "../domain/check/judges.ts";
import { alarms } from "../domain/check/stack-judges.ts";
import { resourcePolicy, stackPolicy } from "./policy.ts";

// pod-config, as far as backups are concerned.

export const podConfigValueNotText = resourcePolicy("pod-config-value-not-text", podConfig);
export const podConfigKeyTwice = resourcePolicy("pod-config-key-twice", podConfig);
export const podConfigKeyUnknown = resourcePolicy("pod-config-key-unknown", podConfig);
export const podConfigKeyOverridden = resourcePolicy("pod-config-key-overridden", podConfig);
export const podConfigCredential = resourcePolicy("pod-config-credential", podConfig);
export const walgNotChosen = resourcePolicy("walg-not-chosen", podConfig);
export const walgValueNotTrue = resourcePolicy("walg-value-not-true", podConfig);
export const backupRetentionInvalid = resourcePolicy("backup-retention-invalid", podConfig);
export const backupScheduleInvalid = resourcePolicy("backup-schedule-invalid", podConfig);
export const backupScheduleTooOften = resourcePolicy("backup-schedule-too-often", podConfig);
export const backupPathWithoutUid = resourcePolicy("backup-path-without-uid", podConfig);
export const storeRegionInvalid = resourcePolicy("store-region-invalid", podConfig);
export const storeEndpointInvalid = resourcePolicy("store-endpoint-invalid", podConfig);
export const storeCredentialsIncomplete = resourcePolicy("store-credentials-incomplete", podConfig);
export const backupWithoutAlarm = stackPolicy("backup-without-alarm", alarms);

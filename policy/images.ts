import { images } from "../domain/check/judges.ts";
import { resourcePolicy } from "./policy.ts";

// The Spilo image.

export const imageUnknown = resourcePolicy("image-unknown", images);
export const imageWithoutPostgres12 = resourcePolicy("image-without-postgres-12", images);
export const imageWithoutRestoredVersion = resourcePolicy("image-without-restored-version", images);
export const imageBackupPathOld = resourcePolicy("image-backup-path-old", images);
export const imageBackupListUnread = resourcePolicy("image-backup-list-unread", images);
export const imageKeepsEveryBackup = resourcePolicy("image-keeps-every-backup", images);
export const imageWithoutIrsa = resourcePolicy("image-without-irsa", images);
export const imageCannotAssumeRole = resourcePolicy("image-cannot-assume-role", images);
export const imageAsksGlobalSts = resourcePolicy("image-asks-global-sts", images);
export const backupVersionTooNew = resourcePolicy("backup-version-too-new", images);

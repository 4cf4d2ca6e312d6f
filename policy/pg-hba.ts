import { pgHba } from "../domain/check/judges.ts";
import { resourcePolicy } from "./policy.ts";

// The list of pg_hba.

export const pgHbaLineInvalid = resourcePolicy("pg-hba-line-invalid", pgHba);
export const pgHbaLocksOut = resourcePolicy("pg-hba-locks-out", pgHba);
export const pgHbaMayLockOut = resourcePolicy("pg-hba-may-lock-out", pgHba);
export const pgHbaPamMissing = resourcePolicy("pg-hba-pam-missing", pgHba);
export const pgHbaPatchUnowned = resourcePolicy("pg-hba-patch-unowned", pgHba);

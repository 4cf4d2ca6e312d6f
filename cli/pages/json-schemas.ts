import { z } from "zod";
import {
  pgHbaReportSchema,
  pgHbaRequestSchema,
  rollReportSchema,
  rollRequestSchema,
  statusReportSchema,
  statusRequestSchema,
} from "../../domain/harbor/steps.ts";
import { pgHbaLookReportSchema, pgHbaLookRequestSchema } from "../../domain/harbor/pg-hba-fingerprint.ts";
import {
  restoreCheckReportSchema,
  restoreCheckRequestSchema,
  suggestReportSchema,
} from "../../domain/restore/check.ts";
import { errorReportSchema } from "../../domain/error-report.ts";
import { scanReportSchema } from "../../domain/stanza/list-report.ts";
import {
  fingerprintReportSchema,
  fingerprintRequestSchema,
  keepReportSchema,
  keepRequestSchema,
  secretsRestoreReportSchema,
  secretsRestoreRequestSchema,
} from "../../domain/secrets/request.ts";
import { stanzaCreateReportSchema, stanzaCreateRequestSchema } from "../../domain/stanza/create.ts";
import { dumpCommandReportSchema } from "../../domain/dump/report.ts";

/** The JSON Schemas of what the commands print with `-o json` and read with `--request`, by file name in docs/schema. */
export const jsonSchemas = {
  "error.v1.json": z.toJSONSchema(errorReportSchema),
  "stanza-list.v1.json": z.toJSONSchema(scanReportSchema),
  "stanza-create.v1.json": z.toJSONSchema(stanzaCreateReportSchema),
  "stanza-create-request.v1.json": z.toJSONSchema(stanzaCreateRequestSchema, { io: "input" }),
  "dump.v1.json": z.toJSONSchema(dumpCommandReportSchema),
  "restore-check.v1.json": z.toJSONSchema(restoreCheckReportSchema),
  "restore-check-request.v1.json": z.toJSONSchema(restoreCheckRequestSchema, { io: "input" }),
  "restore-suggest.v1.json": z.toJSONSchema(suggestReportSchema),
  "harbor-status.v1.json": z.toJSONSchema(statusReportSchema),
  "harbor-status-request.v1.json": z.toJSONSchema(statusRequestSchema, { io: "input" }),
  "harbor-pg-hba.v1.json": z.toJSONSchema(pgHbaReportSchema),
  "harbor-pg-hba-request.v1.json": z.toJSONSchema(pgHbaRequestSchema, { io: "input" }),
  "harbor-fingerprint.v1.json": z.toJSONSchema(pgHbaLookReportSchema),
  "harbor-fingerprint-request.v1.json": z.toJSONSchema(pgHbaLookRequestSchema, { io: "input" }),
  "harbor-roll.v1.json": z.toJSONSchema(rollReportSchema),
  "harbor-roll-request.v1.json": z.toJSONSchema(rollRequestSchema, { io: "input" }),
  "secrets-keep.v1.json": z.toJSONSchema(keepReportSchema),
  "secrets-keep-request.v1.json": z.toJSONSchema(keepRequestSchema, { io: "input" }),
  "secrets-restore.v1.json": z.toJSONSchema(secretsRestoreReportSchema),
  "secrets-restore-request.v1.json": z.toJSONSchema(secretsRestoreRequestSchema, { io: "input" }),
  "secrets-fingerprint.v1.json": z.toJSONSchema(fingerprintReportSchema),
  "secrets-fingerprint-request.v1.json": z.toJSONSchema(fingerprintRequestSchema, { io: "input" }),
};

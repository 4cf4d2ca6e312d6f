import { z } from "zod";
import { scanReportSchema } from "../domain/scan-report.ts";
import { dumpCommandReportSchema, stanzaCreateReportSchema, stanzaCreateRequestSchema } from "../domain/stanza-create.ts";

/** The JSON Schemas of what the commands print with `-o json` and read with `--request`, by file name in docs/schema. */
export const jsonSchemas = {
  "stanza-list.v1.json": z.toJSONSchema(scanReportSchema),
  "stanza-create.v1.json": z.toJSONSchema(stanzaCreateReportSchema),
  "stanza-create-request.v1.json": z.toJSONSchema(stanzaCreateRequestSchema, { io: "input" }),
  "dump.v1.json": z.toJSONSchema(dumpCommandReportSchema),
};

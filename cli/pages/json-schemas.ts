import { z } from "zod";
import { errorReportSchema } from "../../domain/error-report.ts";
import { rollPreviewSchema } from "../../domain/harbor/steps/roll-preview.ts";
import { suggestReportSchema } from "../../domain/restore/check.ts";
import { steps } from "../../domain/steps/steps.ts";

/** The JSON Schemas of what the commands print with `-o json` and read with `--request`, by file name in docs/schema. */
export const jsonSchemas: Readonly<Record<string, object>> = {
  ...Object.fromEntries(Object.entries(steps).flatMap(([step, schemas]) => schemasOf(step.replace(" ", "-"), schemas))),
  "harbor-roll-dry-run.v1.json": z.toJSONSchema(rollPreviewSchema),
  "restore-suggest.v1.json": z.toJSONSchema(suggestReportSchema),
  "error.v1.json": z.toJSONSchema(errorReportSchema),
};

function schemasOf(
  name: string,
  { request, report }: { readonly request?: z.ZodType; readonly report: z.ZodType },
): [file: string, schema: object][] {
  const printed: [string, object] = [`${name}.v1.json`, z.toJSONSchema(report)];
  if (request === undefined) return [printed];
  return [printed, [`${name}-request.v1.json`, z.toJSONSchema(request, { io: "input" })]];
}

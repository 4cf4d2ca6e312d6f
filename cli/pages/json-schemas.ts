import { z } from "zod";
import { alarmMessageSchema, alarmSendReportSchema } from "../../domain/alarm/message.ts";
import { alarmStatusReportSchema } from "../../domain/alarm/status.ts";
import { alarmTestReportSchema } from "../../domain/alarm/test-report.ts";
import { errorReportSchema } from "../../domain/error-report.ts";
import { stanzaCreatePreviewSchema } from "../../domain/stanza/create-preview.ts";
import { fleetReportSchema } from "../../domain/fleet/report.ts";
import { rollPreviewSchema } from "../../domain/harbor/steps/roll-preview.ts";
import { suggestReportSchema } from "../../domain/restore/check.ts";
import { configFinishRestoreReportSchema, configRestoreReportSchema } from "../../domain/stack/config-edit.ts";
import { configCheckReportSchema } from "../../domain/stack/config-check.ts";
import { stackReportSchema } from "../../domain/stack/report.ts";
import { steps } from "../../domain/steps/steps.ts";
import { fieldDescriptions } from "./field-descriptions.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The JSON Schemas of what the commands print with `-o json` and read with `--request`, by file name in docs/schema. */
export const jsonSchemas: Readonly<Record<string, JsonSchema>> = {
  ...Object.fromEntries(Object.entries(steps).flatMap(([step, schemas]) => schemasOf(step, schemas))),
  "stanza-create-dry-run.v1.json": printed("stanza create --dry-run", stanzaCreatePreviewSchema),
  "harbor-roll-dry-run.v1.json": printed("harbor roll --dry-run", rollPreviewSchema),
  "restore-suggest.v1.json": printed("restore check --suggest", suggestReportSchema),
  "report.v1.json": printed("report", stackReportSchema),
  "fleet-report.v1.json": described(
    "What postgres-recovery report fleet reads with --from and prints with -o json.",
    fleetReportSchema,
  ),
  "config-check.v1.json": printed("config check", configCheckReportSchema),
  "config-restore.v1.json": printed("config restore", configRestoreReportSchema),
  "config-finish-restore.v1.json": printed("config finish-restore", configFinishRestoreReportSchema),
  "alarm-send.v1.json": printed("alarm send", alarmSendReportSchema),
  "alarm-test.v1.json": printed("alarm test", alarmTestReportSchema),
  "alarm-status.v1.json": printed("alarm status", alarmStatusReportSchema),
  "alarm-message.v1.json": described(
    "What postgres-recovery alarm send posts to a webhook and publishes to an SNS topic.",
    alarmMessageSchema,
  ),
  "error.v1.json": described("What every command prints on stdout when it fails, with -o json.", errorReportSchema),
};

function schemasOf(
  step: string,
  { request, report }: { readonly request?: z.ZodType; readonly report: z.ZodType },
): [file: string, schema: JsonSchema][] {
  const name = step.replace(" ", "-");
  const schemas: [string, JsonSchema][] = [[`${name}.v1.json`, printed(step, report)]];
  if (request === undefined) return schemas;
  const title = `What postgres-recovery ${step} --request - reads from stdin.`;
  return [...schemas, [`${name}-request.v1.json`, described(title, request, "input")]];
}

function printed(command: string, report: z.ZodType): JsonSchema {
  return described(
    `What postgres-recovery ${command} -o json prints. Within one version, fields are only ever added.`,
    report,
  );
}

function described(title: string, schema: z.ZodType, io: "input" | "output" = "output"): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io });
  return { ...($schema !== undefined && { $schema }), title, ...withDescriptions(rest) };
}

/** A copy: fields that share a zod schema, such as the parts of a key, may share one object. */
function withDescriptions(schema: JsonSchema): JsonSchema {
  const copy = structuredClone(schema);
  for (const [name, field] of Object.entries(copy.properties ?? {})) {
    if (typeof field !== "object") continue;
    const isSilent = field.description === undefined && field.const === undefined;
    const description = isSilent ? fieldDescriptions[name] : undefined;
    copy.properties = {
      ...copy.properties,
      [name]: { ...withDescriptions(field), ...(description !== undefined && { description }) },
    };
  }
  if (typeof copy.items === "object" && !Array.isArray(copy.items)) copy.items = withDescriptions(copy.items);
  if (copy.anyOf !== undefined) copy.anyOf = copy.anyOf.map(withDescriptions);
  if (copy.oneOf !== undefined) copy.oneOf = copy.oneOf.map(withDescriptions);
  return copy;
}

/** The whole of docs/schema/README.md; `npm run docs` writes it. */
export function schemaIndex(): string {
  const rows = Object.entries(jsonSchemas).map(([file, { title = "" }]) => `| [${file}](${file}) | ${title} |`);
  return `# JSON Schemas

Machines get one JSON object on stdout from every command with \`-o json\`. The number in a file's name is the \`version\` inside. Within one version, fields are only ever added, so ignore those that you do not know.

| schema | of |
| --- | --- |
${rows.join("\n")}
| [stack.schema.json](../../settings/stack.schema.json) | A stack file, \`Pulumi.<stack>.yaml\`: for editors. |
`;
}

import { z } from "zod";

const placeSchema = {
  line: z.int().describe("Line in the file, from 1."),
  column: z.int().describe("Column in the line, from 1."),
};

const fileSchema = z.object({
  stack: z.string().describe("Name of the stack."),
  file: z.string().describe("Path of the stack file, relative to the working directory."),
  problems: z
    .array(
      z.object({
        status: z
          .enum(["wrong", "unknown"])
          .describe("`unknown`: the value is missing in the file, and may come from an environment of Pulumi ESC."),
        ...placeSchema,
        setting: z.string().describe("Path of the setting below `postgres-recovery:`; empty for the file as a whole."),
        cluster: z.string().nullable().describe("Cluster of the target, as NAMESPACE/CLUSTER; null elsewhere."),
        message: z.string().describe("What is wrong, and what to write instead."),
      }),
    )
    .describe("Everything that is wrong, in the order of the file."),
  notJudged: z
    .array(z.object({ ...placeSchema, setting: z.string().describe("Path of the setting.") }))
    .describe("Encrypted values. `pulumi preview` judges them."),
});
export type CheckedFile = z.infer<typeof fileSchema>;

/** What `postgres-recovery config check -o json` prints. */
export const configCheckReportSchema = z.object({
  version: z.literal(1).describe("Version of this format."),
  files: z.array(fileSchema).describe("The stack files, by name."),
});
export type ConfigCheckReport = z.infer<typeof configCheckReportSchema>;

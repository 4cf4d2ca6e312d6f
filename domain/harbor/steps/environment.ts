import { z } from "zod";
import { harborOperatorSchema, harborRequestSchema } from "../request.ts";

const values = z.record(z.string(), z.string());

/** What `postgres-recovery harbor environment --request -` reads from stdin. */
export const environmentRequestSchema = harborRequestSchema.extend({
  operator: harborOperatorSchema.omit({ configuration: true }).prefault({}),
  podConfigData: values.describe("Keys and values that pod-config is to have."),
  podSecretData: values.describe("Keys and values that the pod Secret is to have."),
});

/** What `postgres-recovery harbor environment -o json` prints. It contains no value of the pod Secret. */
export const environmentReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  differs: z.array(z.string()).describe("What is not as declared: objects and keys. Empty when nothing differs."),
  check: z
    .string()
    .nullable()
    .describe("Id of the preflight that approved the values; null when something differs, or none is noted."),
  instances: z
    .object({
      podConfig: z.string().nullable().describe("Id of pod-config."),
      podSecret: z.string().nullable().describe("Id of the pod Secret."),
    })
    .describe("Id that each object got when this program created it; null when it is missing or has none."),
  clone: values.default({}).describe("The CLONE_ values that pod-config has from this program."),
});

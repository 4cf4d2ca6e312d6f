import { z } from "zod";
import { findingSchema } from "../finding-schema.ts";

const checkedFindingSchema = findingSchema.extend({
  resource: z.string().describe("The resource, by kind and name; empty for a finding about several together."),
  file: z.string().nullable().describe("File of the manifest; null elsewhere."),
  line: z.int().nullable().describe("Line in the file, from 1; null elsewhere."),
});
export type CheckedFinding = z.infer<typeof checkedFindingSchema>;

/** What `postgres-recovery check -o json` prints. */
export const checkReportSchema = z.object({
  version: z.literal(1).describe("Version of this format."),
  source: z.enum(["cluster", "manifests", "state"]).describe("Where the resources come from."),
  context: z.string().nullable().describe("Context of the kubeconfig; null unless the source is a cluster."),
  resources: z
    .array(z.string())
    .describe("The resources that were judged, by kind and name, also those of which nothing was found."),
  findings: z.array(checkedFindingSchema).describe("What was found, in the order of the resources."),
});
export type CheckReport = z.infer<typeof checkReportSchema>;

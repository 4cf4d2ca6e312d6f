import { z } from "zod";
import { parsedJson } from "../text.ts";
import type { ContainerVariable } from "../kubernetes/container.ts";

const configurationSchema = z.object({
  postgresql: z.object({ pg_hba: z.array(z.string()).default([]) }).prefault({}),
});

/** The pg_hba list in SPILO_CONFIGURATION, with which Spilo starts; empty when there is none. */
export function pgHbaOf(variables: ReadonlyMap<string, ContainerVariable>): string[] {
  const configuration = parsedJson(variables.get("SPILO_CONFIGURATION")?.value ?? "{}");
  return configurationSchema.safeParse(configuration).data?.postgresql.pg_hba ?? [];
}

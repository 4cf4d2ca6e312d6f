import { z } from "zod";
import type { ContainerVariable } from "../kubernetes/container.ts";

const configurationSchema = z.object({
  postgresql: z.object({ pg_hba: z.array(z.string()).default([]) }).prefault({}),
});

/** The list of pg_hba in SPILO_CONFIGURATION, from which Spilo starts; empty when it has none. */
export function pgHbaOf(variables: ReadonlyMap<string, ContainerVariable>): string[] {
  try {
    return configurationSchema.parse(JSON.parse(variables.get("SPILO_CONFIGURATION")?.value ?? "{}")).postgresql.pg_hba;
  } catch {
    return [];
  }
}

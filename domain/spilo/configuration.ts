import { z } from "zod";
import { parsedJson } from "../text.ts";
import type { ContainerVariable } from "../kubernetes/container.ts";

const configurationSchema = z.object({
  postgresql: z.object({ pg_hba: z.array(z.string()).default([]) }).prefault({}),
});

/** The list of pg_hba in SPILO_CONFIGURATION, from which Spilo starts; empty when it has none. */
export function pgHbaOf(variables: ReadonlyMap<string, ContainerVariable>): string[] {
  const configuration = parsedJson(variables.get("SPILO_CONFIGURATION")?.value ?? "{}");
  return configurationSchema.safeParse(configuration).data?.postgresql.pg_hba ?? [];
}

import { z } from "zod";
import type { ObjectName } from "./object-name.ts";

/** A container in which a command can be run. */
export interface ContainerName {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** The name of a Pod's container; the first argument is the Pod's name or its metadata. */
export function containerOf({ namespace, name }: ObjectName, container: string): ContainerName {
  return { namespace, pod: name, container };
}

/** A variable of a container: a text, or a reference to a key of a Secret, a field of the Pod and the like. */
const variableSchema = z
  .object({
    name: z.string(),
    value: z.string().optional(),
    valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }).optional() }).optional(),
  })
  // The API server omits an empty value, but for Spilo an empty variable is not the same as a missing one.
  .transform((one) => (one.valueFrom === undefined ? { ...one, value: one.value ?? "" } : one));
export type ContainerVariable = z.infer<typeof variableSchema>;

/** The parts of a Pod's or a Pod template's containers that are read. */
export const containersSchema = z.array(
  z.object({ name: z.string(), image: z.string().default(""), env: z.array(variableSchema).default([]) }),
);
type Containers = z.infer<typeof containersSchema>;

/** The parts of a Pod's `status.containerStatuses` that are read. */
export const containerStatusesSchema = z
  .array(z.object({ name: z.string(), state: z.object({ running: z.unknown().optional() }).default({}) }))
  .default([]);

/** Whether the container of that name is running. */
export function containerRuns(statuses: z.infer<typeof containerStatusesSchema>, container: string): boolean {
  return statuses.find(({ name }) => name === container)?.state.running !== undefined;
}

/** The variables of one container, by name. Those of sidecars say nothing about the database, so they are left out. */
export function variablesOf(containers: Containers, container: string): Map<string, ContainerVariable> {
  const env = containers.find(({ name }) => name === container)?.env ?? [];
  return new Map(env.map((one) => [one.name, one]));
}

import { z } from "zod";
import { secretContentSchema } from "../../domain/secrets/copy.ts";

/** The parts of a Secret that are read. */
export const secretSchema = z.object({
  type: z.string().default("Opaque"),
  data: secretContentSchema.shape.data.default({}),
});

const variable = z.object({ name: z.string(), value: z.string().default("") });

/** The variables of a Deployment's, or a StatefulSet's, containers. */
export const workloadSchema = z.object({
  spec: z.object({
    template: z.object({ spec: z.object({ containers: z.array(z.object({ env: z.array(variable).default([]) })) }) }),
  }),
});

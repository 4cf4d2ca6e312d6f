import { z } from "zod";

/** The content of a Kubernetes Secret; the values of `data` are base64, as the API server sends them. */
export const secretContentSchema = z.object({ type: z.string(), data: z.record(z.string(), z.string()) });
export type SecretContent = z.infer<typeof secretContentSchema>;

/** The parts of a Secret that are read. The API server omits `data` if it is empty. */
export const secretSchema = z.object({
  type: z.string().default("Opaque"),
  data: secretContentSchema.shape.data.default({}),
});

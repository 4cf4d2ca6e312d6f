import { z } from "zod";
import { endpointUrlProblem } from "./endpoint-url-problem.ts";

/** The address at which this machine reaches an AWS API. */
export const endpointUrlSchema = z.string().refine((text) => endpointUrlProblem(text) === undefined, {
  error: ({ input }) => endpointUrlProblem(String(input)),
});

import { z } from "zod";
import {
  durationPattern,
  durationProblem,
  formatDuration,
  isDurationSeconds,
  parseDuration,
  type Duration,
} from "./duration.ts";

// Separate from duration.ts, so that `--help` does not load zod.

/** A duration: text such as `10m` in JSON and YAML, seconds in the code. */
export const durationSchema = z.codec(
  z
    .string({
      error: ({ input }) => (typeof input === "number" ? `the unit is missing: ${durationProblem}` : durationProblem),
    })
    .regex(durationPattern, durationProblem),
  z.custom<Duration>((value) => typeof value === "number" && isDurationSeconds(value), durationProblem),
  {
    decode: (text, context): Duration => {
      const parsed = parseDuration(text);
      if (parsed !== undefined) return parsed;
      context.issues.push({ code: "custom", input: text, message: durationProblem });
      return z.NEVER;
    },
    encode: formatDuration,
  },
);

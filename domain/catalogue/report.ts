import type { Explanations } from "./explanation.ts";

/** Reports over all clusters. */
export const reports = {
  "fleet-report-unreadable": {
    title: "the saved report of all clusters cannot be read",
    means:
      "The file of --from does not exist, is not JSON, or does not fit docs/schema/fleet-report.v1.json. Every problem is listed with its path. Nothing was written.",
    todo: "Correct what the message lists, or gather the report again.",
  },
  "report-not-written": {
    title: "the page was not written",
    means: "The file of --html, or its folder, cannot be written. A page that was there before is unchanged.",
    matters: "Whoever opens the old page sees old facts.",
    todo: "Name a file in a folder that exists and that you may write to.",
    green: "The page that was there before still opens; its head says of when it is.",
  },
} satisfies Partial<Explanations>;

import type { Explanations } from "./explanation.ts";

/** Pulumi stacks, read from outside. */
export const stack = {
  "stack-unreadable": {
    title: "the stack could not be read",
    means:
      "`pulumi` is not installed, is not logged in, does not know the stack, or printed something else than was asked for. Its own words are in the message.",
    todo: "Run the command that the message names, in the folder of Pulumi.yaml, and correct what it reports.",
  },
  "stack-outputs-missing": {
    title: "the stack has no record of a run",
    means:
      "What was given holds no outputs of this project: no `up` has ended yet, an older version ran it, or it is another stack.",
    todo: "Run `pulumi up` first, or give the file that `pulumi stack export` writes.",
  },
} satisfies Partial<Explanations>;

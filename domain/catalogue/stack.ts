import type { Explanations } from "./explanation.ts";

/** Pulumi stacks, read from outside. */
export const stack = {
  "stack-not-editable": {
    title: "a stack file cannot be edited by a command",
    means:
      "The place to edit is written in one line, through an alias, or in another form in which an edit would change more than that place. Nothing was written.",
    todo: "Write the setting as a mapping with one key on each line, or edit the file by hand.",
  },
  "stack-file-changed": {
    title: "the stack file was changed meanwhile",
    means: "Between the question and the answer, somebody else wrote the file. It was not overwritten.",
    matters: "To write it nevertheless would undo what the other person has just decided.",
    todo: "Look at the other change, then run the command again.",
    green: "`config check`, which finds nothing wrong in either form of the file.",
  },
  "restore-already-declared": {
    title: "the stack declares a restore already",
    means: "There is one restore at a time, and the file has one. Nothing was written.",
    todo: "End the present one with `postgres-recovery config finish-restore`, or edit it by hand.",
  },
  "restore-not-declared": {
    title: "the stack declares no restore",
    means: "The stack file has no setting `harbor.restore`, or no setting `harbor` at all.",
    todo: "Name the right stack with `--stack`.",
  },
  "restore-choice-missing": {
    title: "it is not known what to restore",
    means:
      "The bucket holds the backups of several databases, or of none, or the PostgreSQL version of the backups is not known. Without a terminal nothing is asked.",
    todo: "Name the database with the options that the message lists.",
  },
  "restore-not-proven": {
    title: "the restore is not proven",
    means: "The outputs of the last `pulumi up` do not say that the restore of this section was proven.",
    matters: "To end it would leave a database of which nobody knows whether it is complete.",
    todo: "Run `pulumi up` until the restore is proven. To end it nevertheless, give `--reason`; the reason is written into the stack file as `endUnprovenRestore`.",
    green: "The Pods run, Harbor answers, and the database accepts connections, also when it is empty.",
  },
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

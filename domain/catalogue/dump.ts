import type { Explanations } from "./explanation.ts";

/** Dumps. */
export const dumps = {
  "dump-place-invalid": {
    title: "the place for dumps is neither a folder nor s3://BUCKET[/PREFIX]",
    means: "The option or setting names something that no dump can be written to.",
    todo: "Give a folder, or a bucket's name with an optional prefix, without characters that a shell or URL treats specially.",
  },
  "dump-directory-unusable": {
    title: "the folder for dumps cannot be written to",
    means: "It could not be created, or it exists and this user may not write to it.",
    matters: "Without a dump no stanza is created, unless a reason is given.",
    todo: "Choose another folder, or correct its permissions.",
    green: "The database; nothing was started.",
  },
  "disk-space-missing": {
    title: "there is not enough room for the dump",
    means:
      "The folder has fewer bytes free than the databases take. A compressed dump is usually much smaller, but that is not known beforehand.",
    matters: "A full disk would end the dump in the middle, and may hurt what else writes there.",
    todo: "Choose another folder or `s3://…`, or give a reason for skipping the dump.",
    green: "The database; nothing was started.",
  },
  "dump-command-failed": {
    title: "pg_dumpall failed",
    means: "It exited with an error; the message has what it said. It stops at the first database that fails.",
    matters: "The databases after that one are missing, so nothing is kept.",
    todo: "Correct the cause (a lock that is held for a minute, a missing permission, a broken table), then run it again.",
    green: "`pg_dumpall | gzip` without pipefail exits with 0 for the same failure, and the file passes `gzip -t`.",
  },
  "dump-timeout": {
    title: "the dump took longer than allowed",
    means: "pg_dumpall was ended at the limit `dump`, inside the Pod.",
    matters: "Nothing is kept, and the step that wanted the dump did not begin.",
    todo: "Give it more time (--dump-timeout, `timeLimits.dump`). The stream goes through the API server, which is the slow part.",
    green: "The database.",
  },
  "dump-incomplete": {
    title: "the dump's end is missing",
    means: "pg_dumpall exited with 0, but its last lines are not at the end of what arrived.",
    matters: "Such a file restores without an error up to the cut, and lacks whole databases after it.",
    todo: "Run it again. If it happens again, look for a proxy between here and the API server that ends long streams.",
    green: "The exit code, the file's size, and its compression's checksum.",
  },
  "dump-cut-off": {
    title: "the connection to the dump was lost",
    means: "The API server, or the connection through it, ended before pg_dumpall did.",
    matters: "Nothing is kept. pg_dumpall in the Pod ends by itself.",
    todo: "Run it again. For big databases, choose a machine near the API server, and `s3://…` as the place.",
    green: "The database.",
  },
  "dump-not-written": {
    title: "the dump could not be written",
    means: "Reading succeeded, but writing failed: the disk is full, or the folder is gone.",
    matters: "Nothing is kept.",
    todo: "Correct the cause in the message, then run it again.",
    green: "The database, and pg_dumpall.",
  },
} satisfies Partial<Explanations>;

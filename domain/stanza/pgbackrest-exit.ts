/**
 * What to do after `pgbackrest stanza-create` has ended:
 *
 * - `done`: the stanza exists.
 * - `retry`: another process holds the lock. Wait and try again.
 * - `find-leader`: the instance is not the primary. Find the leader again.
 * - `retry-few`: the repository does not answer. Try a few times, then give up.
 * - `look-again`: the command was cut short. Only `pgbackrest info` can tell what exists.
 * - `stop`: never try again. A person must look at it.
 */
export type CreateDecision = "done" | "retry" | "find-leader" | "retry-few" | "look-again" | "stop";

interface ExitMeaning {
  readonly decision: CreateDecision;
  readonly meaning: string;
}

/** Exit codes as observed with pgBackRest 2.45 and 2.59.1; their names are in its src/build/error/error.yaml. */
const meanings: ReadonlyMap<number, ExitMeaning> = new Map<number, ExitMeaning>([
  [0, { decision: "done", meaning: "the stanza exists" }],
  [
    28,
    {
      decision: "stop",
      meaning: "the repository holds the stanza of another database (other system identifier or version)",
    },
  ],
  [29, { decision: "stop", meaning: "an info file in the repository is corrupt" }],
  [37, { decision: "stop", meaning: "an option that pgBackRest requires is missing from its configuration" }],
  [39, { decision: "stop", meaning: "the repository host speaks another pgBackRest version" }],
  [40, { decision: "stop", meaning: "the repository holds leftovers of a stanza without its info files" }],
  [41, { decision: "stop", meaning: "the repository host may not read or write the repository" }],
  [42, { decision: "retry-few", meaning: "the repository host accepts connections and does not answer" }],
  [47, { decision: "stop", meaning: "the repository host cannot create a path in the repository" }],
  [49, { decision: "retry-few", meaning: "no connection to the repository host" }],
  [50, { decision: "retry", meaning: "another pgBackRest process of this cluster holds the lock" }],
  [55, { decision: "stop", meaning: "one of archive.info and backup.info is missing: only half of the stanza exists" }],
  [56, { decision: "find-leader", meaning: "this instance is not the primary" }],
  [62, { decision: "stop", meaning: "a stop file exists: somebody ran `pgbackrest stop` on purpose" }],
  [63, { decision: "look-again", meaning: "pgbackrest was terminated" }],
  [95, { decision: "stop", meaning: "the TLS certificate of the repository host cannot be verified" }],
  [101, { decision: "retry-few", meaning: "the connection to the repository host broke" }],
  [103, { decision: "retry-few", meaning: "the repository cannot be read" }],
  [105, { decision: "stop", meaning: "the repository host refuses this client's certificate" }],
  [124, { decision: "look-again", meaning: "pgbackrest was ended by the time limit" }],
  [126, { decision: "stop", meaning: "pgbackrest cannot be executed in the container" }],
  [127, { decision: "stop", meaning: "a program of the step is not installed in the container" }],
  [137, { decision: "look-again", meaning: "pgbackrest was killed" }],
]);

/**
 * What to do after an exit code, and what the code means. An unknown exit code is never tried again.
 *
 * @example createDecision(50).decision // → "retry"
 * @example createDecision(199) // → { decision: "stop", meaning: "pgbackrest ended with exit code 199" }
 */
export function createDecision(exitCode: number): ExitMeaning {
  return meanings.get(exitCode) ?? { decision: "stop", meaning: `pgbackrest ended with exit code ${exitCode}` };
}

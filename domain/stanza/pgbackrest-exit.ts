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
  [101, { decision: "retry-few", meaning: "the service that holds the repository has an error of its own (HTTP 5xx)" }],
  [103, { decision: "retry-few", meaning: "the repository cannot be read" }],
  [105, { decision: "stop", meaning: "the repository host refuses this client's certificate" }],
  [124, { decision: "look-again", meaning: "pgbackrest was ended by the time limit" }],
  [126, { decision: "stop", meaning: "pgbackrest cannot be executed in the container" }],
  [127, { decision: "stop", meaning: "a program of the step is not installed in the container" }],
  [137, { decision: "look-again", meaning: "pgbackrest was killed" }],
]);

/** ProtocolError: a conversation went wrong, with a repository host, or with the HTTP service that holds the repository. */
const protocolError = 39;

/**
 * What to do after an exit code, and what the code means. An unknown exit code is never tried again.
 *
 * @param error what pgBackRest printed: the exit code of a protocol error has several causes.
 * @example createDecision(50).decision // → "retry"
 * @example createDecision(199) // → { decision: "stop", meaning: "pgbackrest ended with exit code 199" }
 * @example createDecision(39, "ERROR: [039]: HTTP request failed with 429 (Too Many Requests)").decision // → "retry-few"
 */
export function createDecision(exitCode: number, error = ""): ExitMeaning {
  if (exitCode === protocolError) return protocolDecision(error);
  return meanings.get(exitCode) ?? { decision: "stop", meaning: `pgbackrest ended with exit code ${exitCode}` };
}

/**
 * pgBackRest tries 5xx again itself, and then ends with 101. Of the other HTTP statuses, 408 and 429 pass: version 2.45 ends
 * with 39 for them (src/common/io/http/request.c), 2.59.1 with 101. A closed TLS connection passes, too
 * (src/common/io/tls/session.c). Everything else needs a person.
 */
function protocolDecision(error: string): ExitMeaning {
  if (error.includes("greeting key 'version'"))
    return { decision: "stop", meaning: "the repository host runs another version of pgBackRest" };
  const status = /HTTP request failed with (\d{3})/.exec(error)?.[1];
  if (status !== undefined) {
    const decision = ["408", "429"].includes(status) ? "retry-few" : "stop";
    return { decision, meaning: `the service that holds the repository refused a request (HTTP ${status})` };
  }
  if (error.includes("unexpected TLS eof"))
    return { decision: "retry-few", meaning: "the other side closed the connection" };
  return { decision: "stop", meaning: "pgbackrest and the other side do not understand each other" };
}

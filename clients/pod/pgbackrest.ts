import { isNotAllowed } from "../../domain/kubernetes/permissions.ts";
import { createDecision, type CreateDecision } from "../../domain/stanza/pgbackrest-exit.ts";
import { classifyInfo, type ExpectedStanza } from "../../domain/stanza/pgbackrest-info.ts";
import { stanzaName } from "../../domain/stanza/postgres-cluster.ts";
import { firstLine } from "../../domain/text.ts";
import type { StanzaStatus } from "../../domain/stanza/status.ts";
import type { Exec } from "../kubernetes/exec.ts";
import type { ContainerName } from "../../domain/kubernetes/container.ts";

/** Seconds between the end of the time limit inside the container and the one outside, so that the inner one speaks. */
const graceSeconds = 5;

/**
 * What pgBackRest says of the stanza, asked on any instance.
 *
 * @param limitSeconds the whole time for the answer; a repo host that accepts the connection and stays silent is
 * reported after about 20 s, since pgBackRest's own time-outs (5 s for I/O, 10 s for the protocol) count twice.
 */
export async function stanzaInfo(
  exec: Exec,
  container: ContainerName,
  expected: ExpectedStanza,
  limitSeconds: number,
  signal?: AbortSignal,
): Promise<StanzaStatus> {
  const inside = Math.max(1, limitSeconds - graceSeconds);
  const result = await exec(
    container,
    [
      ...["timeout", "-k", "2", String(inside)],
      ...["pgbackrest", `--stanza=${stanzaName}`, "--io-timeout=5", "--protocol-timeout=10"],
      // From 2.53 on errors go to stdout by default, in front of the JSON.
      ...["--log-level-console=off", "--log-level-stderr=error", "info", "--output=json"],
    ],
    { deadlineSeconds: limitSeconds, ...(signal && { signal }) },
  );
  switch (result.end) {
    case "deadline":
      return { status: "timeout", reason: result.message };
    case "refused":
      return {
        status: "unreachable",
        reason: result.message,
        ...(isNotAllowed(result.httpStatus) && { because: "not-allowed" }),
      };
    case "broken":
      return { status: "unreachable", reason: result.message };
    case "exited":
      if (result.code === 0) return classifyInfo(result.stdout, expected);
      if (result.code === 124 || result.code === 137) {
        return { status: "timeout", reason: `pgbackrest info did not end within ${inside} s` };
      }
      return {
        status: "unreachable",
        reason: `pgbackrest info ended with exit code ${result.code}: ${firstLine(result.stderr)}`,
      };
  }
}

/** How a try to create the stanza ended, in pgBackRest's terms. */
export interface CreateTry {
  readonly decision: CreateDecision;
  /** What happened, for a person. */
  readonly meaning: string;
}

/** Seconds that one `stanza-create` may take; it is not crash-atomic, so its own time-outs must end it, not this limit. */
const createSeconds = 180;

/**
 * One try to create the stanza, in the same remote command that proves the instance to be the primary.
 * `stanza-create` leaves a valid stanza as it is; `stanza-upgrade` and `stanza-delete` are never run.
 */
export async function tryStanzaCreate(exec: Exec, container: ContainerName, signal?: AbortSignal): Promise<CreateTry> {
  const script = [
    `recovering=$(PGCONNECT_TIMEOUT=10 timeout -k 2 15 psql -XAtqc 'select pg_is_in_recovery()') || true`,
    `if [ "$recovering" != f ]; then echo "pg_is_in_recovery() said '$recovering'" >&2; exit 56; fi`,
    `exec timeout -k 10 ${createSeconds} pgbackrest --stanza=${stanzaName} --io-timeout=10 --protocol-timeout=60 ` +
      `--log-level-console=off --log-level-stderr=error stanza-create`,
  ].join("\n");
  const result = await exec(container, ["bash", "-ceu", "--", script], {
    deadlineSeconds: createSeconds + 30,
    ...(signal && { signal }),
  });
  switch (result.end) {
    case "exited": {
      const { decision, meaning } = createDecision(result.code);
      const detail = firstLine(result.stderr);
      return { decision, meaning: detail === "" ? meaning : `${meaning} (${detail})` };
    }
    case "deadline":
    case "broken":
      return { decision: "look-again", meaning: result.message };
    case "refused":
      return { decision: refusedDecision(result.httpStatus), meaning: result.message };
  }
}

/** The command has not run: a Pod that is gone needs the leader looked up anew, a busy API server another try. */
function refusedDecision(httpStatus: number): CreateDecision {
  if (httpStatus === 404) return "find-leader";
  return httpStatus === 429 || httpStatus >= 500 ? "retry-few" : "stop";
}

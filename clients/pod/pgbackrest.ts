import { isNotAllowed } from "../../domain/kubernetes/permissions.ts";
import { createDecision, type CreateDecision } from "../../domain/stanza/pgbackrest-exit.ts";
import { classifyInfo, type ExpectedStanza } from "../../domain/stanza/pgbackrest-info.ts";
import { stanzaName } from "../../domain/stanza/postgres-cluster.ts";
import { firstLine } from "../../domain/text.ts";
import type { StanzaStatus } from "../../domain/stanza/status.ts";
import type { Exec } from "../kubernetes/exec.ts";
import type { ContainerName } from "../../domain/kubernetes/container.ts";

/** Seconds by which the time limit inside the container is shorter than the one outside, so that it ends first. */
const graceSeconds = 5;

/**
 * The stanza's status as `pgbackrest info` reports it; any instance can be asked.
 *
 * @param limitSeconds for the whole command. A repo host that accepts the connection but does not answer is reported after
 * about 20 s, because pgBackRest's own time-outs (5 s for I/O, 10 s for the protocol) count twice.
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
      // By default pgBackRest 2.53 and later print errors on stdout, before the JSON.
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

/** How one try to create the stanza ended. */
export interface CreateTry {
  readonly decision: CreateDecision;
  /** What happened, for a person. */
  readonly meaning: string;
}

/** Seconds for one `stanza-create`. Killing it can leave half a stanza, so its own time-outs must end it, not this limit. */
const createSeconds = 180;

/**
 * One try to create the stanza. The same remote command first proves that the instance is the primary.
 * `stanza-create` does not change a valid stanza. `stanza-upgrade` and `stanza-delete` are never run.
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

/** The command was not run. If the Pod is gone, the leader must be found again; a busy API server is tried again. */
function refusedDecision(httpStatus: number): CreateDecision {
  if (httpStatus === 404) return "find-leader";
  return httpStatus === 429 || httpStatus >= 500 ? "retry-few" : "stop";
}

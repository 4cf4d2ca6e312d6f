import { messageOf } from "../../domain/errors.ts";
import { leaderInList, membersInList, type Member } from "../../domain/stanza/patroni.ts";
import { isNotAllowed } from "../../domain/kubernetes/permissions.ts";
import type { Exec } from "../kubernetes/exec.ts";
import type { ContainerName } from "../../domain/kubernetes/container.ts";

/** Who the leader is: a Pod, nobody, unknown because Patroni did not answer, or not allowed to run the command. */
export type LeaderAnswer =
  | { readonly answer: "leader"; readonly pod: string }
  | { readonly answer: "none" }
  | { readonly answer: "unknown" | "not-allowed"; readonly reason: string };

const listSeconds = 20;

/**
 * Asks Patroni for the leader, with `patronictl list` in one instance. Under PGO this takes less than a second normally,
 * and 10 s when the API server is down.
 */
export async function patroniLeader(exec: Exec, container: ContainerName, signal?: AbortSignal): Promise<LeaderAnswer> {
  const listed = await listedMembers(exec, container, signal);
  if ("answer" in listed) return listed;
  try {
    const pod = leaderInList(listed.stdout);
    return pod === undefined ? { answer: "none" } : { answer: "leader", pod };
  } catch (error) {
    return { answer: "unknown", reason: noMemberList(error) };
  }
}

/** Every member of the cluster by Patroni's own list, or why that is unknown. */
export async function patroniMembers(
  exec: Exec,
  container: ContainerName,
  signal: AbortSignal,
): Promise<{ readonly found: readonly Member[] } | { readonly failed: string }> {
  const listed = await listedMembers(exec, container, signal);
  if ("answer" in listed) return { failed: listed.reason };
  try {
    return { found: membersInList(listed.stdout) };
  } catch (error) {
    return { failed: noMemberList(error) };
  }
}

async function listedMembers(
  exec: Exec,
  container: ContainerName,
  signal: AbortSignal | undefined,
): Promise<{ stdout: string } | { answer: "unknown" | "not-allowed"; reason: string }> {
  const result = await exec(
    container,
    ["timeout", "-k", "2", String(listSeconds - 5), "patronictl", "list", "-f", "json"],
    {
      deadlineSeconds: listSeconds,
      ...(signal && { signal }),
    },
  );
  if (result.end === "refused" && isNotAllowed(result.httpStatus))
    return { answer: "not-allowed", reason: result.message };
  if (result.end !== "exited") return { answer: "unknown", reason: result.message };
  if (result.code !== 0) return { answer: "unknown", reason: `patronictl list ended with exit code ${result.code}` };
  return { stdout: result.stdout };
}

function noMemberList(error: unknown): string {
  return `patronictl list printed no member list: ${messageOf(error)}`;
}

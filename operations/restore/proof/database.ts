import { randomBytes } from "node:crypto";
import pLimit from "p-limit";
import { patroniMembers } from "../../../clients/pod/patroni.ts";
import { runSql, tryLogin } from "../../../clients/pod/sql.ts";
import { credentialsSecretName, databaseRoles } from "../../../domain/harbor/names.ts";
import { spiloContainer } from "../../../domain/harbor/objects.ts";
import { containerOf } from "../../../domain/kubernetes/container.ts";
import { RecoveryError } from "../../../domain/errors.ts";
import type { Judged } from "../../../domain/restore/proof/checks.ts";
import { judgeData, type AnsweredQuery } from "../../../domain/restore/proof/data.ts";
import {
  amcheckState,
  judgeIndexes,
  indexesSql,
  readIndexes,
  type CheckedDatabase,
  type IndexesAnswer,
} from "../../../domain/restore/proof/indexes.ts";
import { judgeLogins, type LoginAnswer } from "../../../domain/restore/proof/logins.ts";
import { judgeMembers } from "../../../domain/restore/proof/members.ts";
import type { Restored, Running } from "./gather.ts";

/** Queries and logins at the same time; each is a remote command of its own. */
const commandsAtOnce = 4;

/** Asks Patroni for its members. */
export async function checkMembers({
  clients,
  leader,
  pod,
  statefulSet,
  surroundings,
  where,
}: Restored): Promise<Judged> {
  const container = containerOf(pod.metadata, spiloContainer);
  const members = await patroniMembers(clients.harbor.exec, container, surroundings.signal);
  if ("failed" in members) throw notKnown(members.failed);
  return judgeMembers(where, {
    leader: pod.metadata.name,
    members: members.found,
    replicas: Math.max(0, (statefulSet?.spec.replicas ?? 1) - 1),
    streaming: leader.streaming,
  });
}

/** Runs the declared queries, each in a read-only transaction. */
export async function checkData({ clients, leader, pod, request, surroundings, where }: Restored): Promise<Judged> {
  const atOnce = pLimit(commandsAtOnce);
  const answers = await Promise.all(
    request.expect.queries.map((query) =>
      atOnce(async (): Promise<AnsweredQuery> => {
        const { database, sql } = query;
        const task = { database, sql, mode: "read-only", seconds: request.timeLimits.query } as const;
        return { query, answer: await runSql(clients.harbor.exec, pod, task, surroundings.signal) };
      }),
    ),
  );
  return judgeData(where, request.expect, leader.databases, answers);
}

/** Has amcheck read the indexes, one database after the other. */
export async function checkIndexes(running: Restored): Promise<Judged> {
  const { leader, request, where } = running;
  const databases: CheckedDatabase[] = [];
  if (request.amcheck !== "never")
    for (const database of leader.databases) databases.push({ database, answer: await indexesOf(running, database) });
  return judgeIndexes(where, request.amcheck, databases);
}

async function indexesOf({ clients, pod, request, surroundings }: Restored, database: string): Promise<IndexesAnswer> {
  const ask = (sql: string, mode: "read-only" | "rolled-back", seconds: number) =>
    runSql(clients.harbor.exec, pod, { database, sql, mode, seconds }, surroundings.signal);
  const state = await ask(amcheckState, "read-only", request.timeLimits.query);
  if ("failed" in state) return { indexes: "unread", message: state.failed };
  const [kind = "", schema = ""] = state.text.split("|");
  if (kind === "absent") return { indexes: "not-available" };
  if (kind === "available" && request.amcheck !== "always") return { indexes: "not-installed" };
  const checked = await ask(indexesSql(schema), "rolled-back", request.timeLimits.indexes);
  return readIndexes(checked);
}

/** Logs in with the password of each Secret. */
export async function checkPasswords({ clients, pod, request, surroundings, where }: Running): Promise<Judged> {
  const { namespace } = request.cluster;
  const answerOf = async (role: string, name: string): Promise<LoginAnswer> => {
    const secret = await clients.harbor.getSecret({ namespace, name });
    const password = Buffer.from(secret?.data["password"] ?? "", "base64").toString("utf8");
    if (password === "") return { login: "unknown", message: "the Secret does not exist, or has no password" };
    const wrongPassword = randomBytes(16).toString("hex");
    return tryLogin(clients.harbor.exec, pod, { role, password, wrongPassword }, surroundings.signal);
  };
  const logins = databaseRoles.map(async (role) => {
    const secret = credentialsSecretName(role, request.cluster);
    return { role, secret, answer: await answerOf(role, secret) };
  });
  return judgeLogins(where, await Promise.all(logins));
}

/** An error that makes a check unknown. */
export function notKnown(reason: string): RecoveryError {
  return new RecoveryError("postgres-not-answering", reason);
}

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { connectS3 } from "../../clients/aws/s3.ts";
import { runSql } from "../../clients/pod/sql.ts";
import { podSchema } from "../../domain/harbor/objects.ts";
import { chosenBackup, type ChosenBackup } from "../../domain/restore/check.ts";
import { judgeIdentity, judgeTimeline, timelineOfBackup } from "../../domain/restore/proof/identity.ts";
import { leaderQuery, readLeaderAnswer } from "../../domain/restore/proof/leader-answer.ts";
import { promotionsIn } from "../../domain/restore/proof/promotion.ts";
import { judgeReplay } from "../../domain/restore/proof/replay.ts";
import { targetOf, type Restore } from "../../domain/restore/restore.ts";
import { recommendedImage } from "../../domain/spilo/image.ts";
import { gatherSources } from "../../operations/restore/sources.ts";
import { databaseAccount } from "../../sandbox/host/account.ts";
import { withStandIns, writeEnvdirs } from "../../sandbox/spilo/programs.ts";
import { spiloStart } from "../../sandbox/spilo/start.ts";
import { localExec } from "./local-exec.ts";
import { Postgres12 } from "./postgres-12.ts";

/** A clone's command as Patroni runs it. */
export interface Attempt {
  readonly exitCode: number | undefined;
  readonly output: string;
  /** The value of a variable in the clone's envdir afterwards. */
  readonly prefix: string;
  readonly postgres: Postgres12;
  /** Starts the recovery, as Patroni does after the command, and waits for its end. */
  readonly recover: () => Promise<void>;
}

/** Databases that are cloned as in a Pod of Spilo, from the container's environment on, without Kubernetes and Patroni. */
export class Clones {
  readonly #container: Readonly<Record<string, string>>;
  readonly #attempts: Postgres12[] = [];

  /** @param container the environment of the container: what the operator and pod-config write. */
  constructor(container: Readonly<Record<string, string>>) {
    this.#container = container;
  }

  /**
   * Runs the clone's command.
   *
   * @param changes to the environment.
   * @param retrySeconds the first pause of WAL-G after a part that it could not get. Default: one minute, as with WAL-G.
   */
  async clone(changes: Readonly<Record<string, string>>, retrySeconds = 60): Promise<Attempt> {
    const postgres = await Postgres12.prepare();
    this.#attempts.push(postgres);
    const container: Record<string, string> = { ...this.#container, ...changes, RW_DIR: postgres.directory };
    const { bootstrap, envdirs } = spiloStart(container);
    assert(bootstrap !== undefined);
    await writeEnvdirs(envdirs, await databaseAccount());
    const command = `${withStandIns(bootstrap.command)} --scope=${container["SCOPE"] ?? ""} --datadir=${postgres.data}`;
    const env = {
      PATH: `${postgres.bin}:${process.env["PATH"] ?? ""}`,
      RW_DIR: postgres.directory,
      SANDBOX_WALG_RETRY_SECONDS: String(retrySeconds),
    };
    const { all, exitCode } = await execa("sh", ["-c", command], { all: true, reject: false, extendEnv: false, env });
    const envdir = envdirs.find(({ path }) => path.includes("env-clone"))?.path ?? "";
    const { restore_command = "", ...settings } = bootstrap.recoveryConf ?? {};
    const restoreCommand = `env PATH=${env.PATH} ${withStandIns(String(restore_command))}`;
    const recover = async (): Promise<void> => {
      const texts = Object.entries(settings).map(([name, value]): [string, string] => [name, String(value)]);
      await postgres.recover(restoreCommand, Object.fromEntries(texts));
    };
    return { exitCode, output: all, prefix: await readFile(join(envdir, "WALG_S3_PREFIX"), "utf8"), postgres, recover };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#attempts.map((postgres) => postgres.stop()));
  }
}

/** The rows of the sources' table, in their order, after the recovery. */
export async function events({ postgres, recover, output, exitCode }: Attempt): Promise<string> {
  assert.equal(exitCode, 0, output);
  await recover();
  return eventsOf(postgres);
}

export function eventsOf(postgres: Postgres12): Promise<string> {
  return postgres.query("SELECT string_agg(what, ' ' ORDER BY id) FROM events");
}

/** The backup that the check before a restore names, with the end of its WAL. */
export async function backupBefore(restore: Restore, environment: Record<string, string>): Promise<ChosenBackup> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = environment;
  const { signal } = new AbortController();
  const { region, endpoint } = restore;
  const s3 = connectS3({ region, endpoint, keys: { accessKeyId, secretAccessKey } });
  const asked = { image: recommendedImage, restore, now: Date.now() };
  const sources = await gatherSources(s3, asked, { bound: signal, stop: signal });
  s3.close();
  const backup = chosenBackup(sources, targetOf(restore));
  assert(backup?.walEnd);
  return backup;
}

const pod = podSchema.parse({ metadata: { namespace: "n", name: "p", uid: "u" }, spec: { containers: [] } });

/** The codes of what `restore verify` makes of the running database, compared with the backup that the check named. */
export async function proof(
  { postgres }: Pick<Attempt, "postgres">,
  backup: ChosenBackup,
  targetTime?: string,
): Promise<string[]> {
  const exec = await localExec(postgres.directory, { PGHOST: postgres.directory });
  const task = { database: "postgres", sql: leaderQuery, mode: "read-only", seconds: 20 } as const;
  const answer = await runSql(exec, pod, task, new AbortController().signal);
  assert("text" in answer, JSON.stringify(answer));
  return proofOf(answer.text, backup, targetTime);
}

/** The same, of what a database answers to `leaderQuery`. */
export function proofOf(answer: string, backup: ChosenBackup, targetTime?: string): string[] {
  const leader = readLeaderAnswer(answer);
  assert(leader);
  const promotions = promotionsIn(leader.history ?? "");
  return [
    judgeIdentity("Pod", leader.systemIdentifier, { backup, declared: undefined }),
    judgeTimeline("Pod", leader, timelineOfBackup(backup.name)),
    judgeReplay("Pod", { promotions, end: backup.walEnd ?? undefined, target: targetOf({ targetTime }) }),
  ].flatMap(({ findings }) => findings.map(({ code }) => code));
}

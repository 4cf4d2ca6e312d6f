import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { applyHarborCluster } from "../../sandbox/harbor/harbor.ts";
import { backups, harborCluster, harborContext, operatorNamespace } from "../../sandbox/harbor/objects.ts";
import { imageOf } from "../../sandbox/harbor/registry/image.ts";
import { pushImage } from "../../sandbox/harbor/registry/push.ts";
import { ApiProxy } from "./api-proxy.ts";
import { clientSettings } from "./aws.ts";
import { HarborDatabase } from "./harbor.ts";
import { killableUp, type KilledUp } from "./killable-up.ts";
import { Project } from "./project.ts";
import { RestoreEnd, type Lost } from "./restore-end.ts";
import { S3Proxy } from "./s3-proxy.ts";
import { harborEnvironment, runInSandbox, testDirectory, type Ended } from "./sandbox.ts";
import { WriteGate, type KillPoint } from "./write-gate.ts";
import { awsWrite, s3Write } from "./write-names.ts";

const { namespace, database: name } = harborCluster;
const podConfig = { namespace: operatorNamespace, name: "pod-config" };
const podSecret = { namespace, name: "pod-secret" };
const stateBucket = "pulumi-state";
const checkpoint = z.object({
  deployment: z.object({ pending_operations: z.array(z.unknown()).optional() }),
});

/** What happened in one restore. */
export interface Round {
  /** Where `up` was killed, in this order. */
  readonly killedAt: readonly KillPoint[];
  /** The writes of its runs, in this order. */
  readonly passed: readonly KillPoint[];
  /** Everything that must be the same in every round. */
  readonly end: unknown;
  readonly seconds: number;
}

/**
 * Harbor's database, lost and restored again and again by `pulumi up`, which is killed at its writes and started again.
 * Everything that `up` writes goes through proxies: to the API server, S3, the other AWS APIs, and Pulumi's state, which is
 * in a bucket of its own.
 */
export class KilledRestore {
  readonly #gate = new WriteGate();
  readonly #project: Project;
  readonly #database = new HarborDatabase();
  readonly #proxies: { readonly api: ApiProxy; readonly s3: S3Proxy; readonly aws: S3Proxy };
  readonly #environment: Record<string, string>;
  readonly #env: Record<string, string>;
  readonly #progress: (line: string) => void;
  #lost: Lost | undefined;
  /** pod-config and the pod Secret before the database is lost. */
  #before: Awaited<ReturnType<HarborDatabase["environmentObjects"]>> = [];

  private constructor(
    project: Project,
    proxies: { readonly api: ApiProxy; readonly s3: S3Proxy; readonly aws: S3Proxy },
    environment: Record<string, string>,
    progress: (line: string) => void,
  ) {
    this.#project = project;
    this.#proxies = proxies;
    this.#environment = environment;
    this.#progress = progress;
    this.#env = {
      KUBECONFIG: proxies.api.kubeconfig,
      AWS_ENDPOINT_URL: proxies.aws.endpoint,
      AWS_ENDPOINT_URL_S3: proxies.s3.endpoint,
      PULUMI_BACKEND_URL: `s3://${stateBucket}?region=${backups.region}&use_path_style=true`,
    };
    proxies.api.gate = this.#gate;
    proxies.s3.gate = { gate: this.#gate, nameOf: s3Write(stateBucket) };
    proxies.aws.gate = { gate: this.#gate, nameOf: awsWrite };
  }

  /** Starts the sandbox and the proxies, declares Harbor's database, fills it, and takes a backup. */
  static async prepare(progress: (line: string) => void): Promise<KilledRestore> {
    const environment = await harborEnvironment();
    const restore = new KilledRestore(
      await Project.copy(),
      {
        api: await ApiProxy.start(harborContext),
        s3: await S3Proxy.start(environment["AWS_ENDPOINT_URL_S3"] ?? ""),
        aws: await S3Proxy.start(environment["AWS_ENDPOINT_URL"] ?? ""),
      },
      environment,
      progress,
    );
    await restore.#declare();
    await restore.#fill();
    return restore;
  }

  async stop(): Promise<void> {
    await this.#project.remove();
    await this.#proxies.api.stop();
    this.#proxies.s3.stop();
    this.#proxies.aws.stop();
  }

  /**
   * Loses the database, and restores it. `up` is killed at the first write for which `killsAt` is true, and started again,
   * until a run comes to its end.
   *
   * @throws Error when a run fails for another reason than the kill, or the last one leaves something to do.
   */
  async round(killsAt: (point: KillPoint) => boolean, mostKills = Number.POSITIVE_INFINITY): Promise<Round> {
    const started = performance.now();
    await this.#lose();
    const killedAt: KillPoint[] = [];
    const passed: KillPoint[] = [];
    for (let isApplied = false; ;) {
      const stopsAt = (point: KillPoint): boolean =>
        killedAt.length < mostKills && !isIn(killedAt, point) && killsAt(point);
      const { run, applied } = await this.#runAndApply(stopsAt, isApplied ? undefined : "CLONE_SCOPE");
      isApplied ||= applied;
      passed.push(...this.#gate.passed);
      if (run.killedAt === undefined) {
        requireSuccess(run, killedAt);
        break;
      }
      killedAt.push(run.killedAt);
      this.#progress(`  killed ${run.killedAt.side} ${run.killedAt.write}`);
      await this.#removeLock();
    }
    requireSuccess(await this.#run(() => false, "--expect-no-changes"), killedAt);
    await this.#clearPending(killedAt);
    if (this.#lost === undefined) throw new Error("nothing was lost");
    const end = await new RestoreEnd(this.#database, this.#environment, this.#lost).read();
    return { killedAt, passed, end, seconds: (performance.now() - started) / 1000 };
  }

  async #run(killsAt: (point: KillPoint) => boolean, ...parameters: string[]): Promise<KilledUp> {
    const options = { directory: this.#project.directory, env: this.#env, parameters };
    return (await killableUp(this.#gate, killsAt, options)).ended;
  }

  #pulumi(...parameters: string[]): Promise<Ended> {
    return runInSandbox(["pulumi", "--non-interactive", ...parameters], {
      cwd: this.#project.directory,
      env: this.#env,
    });
  }

  async #succeeds(...parameters: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#pulumi(...parameters);
    if (exitCode !== 0) throw new Error(`pulumi ${parameters.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  }

  /** As docs/troubleshooting.md says. Without a lock, `pulumi cancel` has nothing to do. */
  async #removeLock(): Promise<void> {
    await this.#succeeds("cancel", "--stack", "lab", "--yes");
  }

  /**
   * What was being created when `up` was killed stays in the state as pending, although a later `up` has created it. Clears
   * it as docs/troubleshooting.md says.
   */
  async #clearPending(killedAt: readonly KillPoint[]): Promise<void> {
    if ((await this.#pending()) === 0) return;
    const file = join(this.#project.directory, "state.json");
    await this.#succeeds("stack", "export", "--stack", "lab", "--file", file);
    await this.#succeeds("stack", "import", "--stack", "lab", "--file", file);
    if ((await this.#pending()) > 0) throw new Error("the state still has pending operations");
    requireSuccess(await this.#run(() => false, "--expect-no-changes"), killedAt);
  }

  async #pending(): Promise<number> {
    const { deployment } = checkpoint.parse(JSON.parse(await this.#succeeds("stack", "export", "--stack", "lab")));
    return deployment.pending_operations?.length ?? 0;
  }

  /** Runs `up`, and creates the HarborCluster as soon as pod-config and the pod Secret have the values for it. */
  async #runAndApply(
    killsAt: (point: KillPoint) => boolean,
    key: string | undefined,
  ): Promise<{ readonly run: KilledUp; readonly applied: boolean }> {
    const over = new AbortController();
    const applying = key === undefined ? Promise.resolve(false) : this.#applyWhenWritten(key, over.signal);
    const run = await this.#run(killsAt);
    over.abort();
    return { run, applied: await applying };
  }

  /** False if the values were not there before the signal. */
  async #applyWhenWritten(key: string, signal: AbortSignal): Promise<boolean> {
    const secretKey = key.startsWith("CLONE_") ? "CLONE_AWS_ACCESS_KEY_ID" : "AWS_ACCESS_KEY_ID";
    while (!signal.aborted) {
      const [config, secret] = await Promise.all([
        this.#database.configMap(podConfig),
        this.#database.secretData(podSecret),
      ]);
      if (config?.data[key] !== undefined && secret?.[secretKey] !== undefined) {
        await applyHarborCluster(testDirectory);
        return true;
      }
      await sleep(300);
    }
    return false;
  }

  async #declare(): Promise<void> {
    const s3 = new S3Client(clientSettings(this.#environment, "s3"));
    await s3.send(new CreateBucketCommand({ Bucket: stateBucket }));
    await this.#database.removeHarbor();
    await this.#database.removeEnvironment(podConfig, podSecret);
    await this.#succeeds("stack", "init", "lab", "--no-select");
    await this.#project.edit("lab", ["stanza", "targets"], []);
    await this.#project.edit("lab", ["harbor", "hold"], undefined);
    await this.#project.edit("lab", ["harbor", "backup", "credentials"], "secret");
    await this.#project.edit("lab", ["harbor", "endpointUrls"], {
      s3: this.#proxies.s3.endpoint,
      secretsManager: this.#proxies.aws.endpoint,
    });
    const { AWS_ACCESS_KEY_ID: id = "", AWS_SECRET_ACCESS_KEY: key = "" } = this.#environment;
    for (const side of ["backup", "restore"]) {
      for (const [variable, value] of Object.entries({ accessKeyId: id, secretAccessKey: key })) {
        const path = `postgres-recovery:harborSecrets.${side}.${variable}`;
        await this.#succeeds("config", "set", "--stack", "lab", "--secret", "--path", path, value);
      }
    }
    this.#progress("declaring Harbor's database");
    const { run } = await this.#runAndApply(() => false, "BACKUP_SCHEDULE");
    requireSuccess(run, []);
  }

  async #fill(): Promise<void> {
    this.#progress("filling it, and taking a backup");
    const database = this.#database;
    const password = (await database.secretData({ namespace, name: `harbor.${name}.credentials` }))?.["password"] ?? "";
    // In a real cluster the Zalando operator creates the role.
    await database.ask(`create role harbor login password '${password}'`);
    const s3 = new S3Client(clientSettings(this.#environment, "s3"));
    await pushImage(testDirectory, s3, "harbor-artifacts", imageOf("shop/app", "v1", ["a layer"]));
    await database.ask("create table precious as select 'in the backup' as content");
    await database.backUp();
    await database.ask("insert into precious values ('in the WAL')");
    await database.archive();
    this.#lost = {
      uid: (await database.resource()).metadata.uid,
      systemIdentifier: await database.ask("select system_identifier from pg_control_system()"),
      kubernetesUid: await database.kubernetesUid(),
    };
    this.#before = await database.environmentObjects(podConfig, podSecret);
    await writeFile(this.#baseline, await this.#succeeds("stack", "export", "--stack", "lab"), { mode: 0o600 });
    await this.#project.edit("lab", ["harbor", "restore"], {
      id: "after-the-fire",
      scope: name,
      uid: this.#lost.uid,
      postgresVersion: 12,
      credentials: "secret",
      expect: {
        databases: ["postgres", "core"],
        queries: [
          {
            database: "postgres",
            sql: "select string_agg(content, ', ' order by content) from precious",
            equals: "in the WAL, in the backup",
          },
        ],
      },
      proof: { harbor: { url: this.#environment["HARBOR_URL"] }, timeLimits: { backup: "3m" } },
    });
  }

  /** The stack's state before the database is lost. */
  get #baseline(): string {
    return join(this.#project.directory, "baseline.json");
  }

  /** Loses the whole database with its Secrets and volumes. The Pods' environment and the stack are as they were before. */
  async #lose(): Promise<void> {
    await this.#database.removeHarbor();
    await this.#database.removeEnvironment(podConfig, podSecret);
    for (const object of this.#before) await this.#database.apply(object);
    await this.#succeeds("stack", "import", "--stack", "lab", "--file", this.#baseline);
  }
}

function isIn(points: readonly KillPoint[], { side, write }: KillPoint): boolean {
  return points.some((point) => point.side === side && point.write === write);
}

function requireSuccess({ exitCode, stdout, stderr }: Ended, killedAt: readonly KillPoint[]): void {
  if (exitCode === 0) return;
  const kills = killedAt.map(({ side, write }) => `killed ${side} ${write}`);
  throw new Error(["up does not succeed", ...kills, stdout, stderr].join("\n"));
}

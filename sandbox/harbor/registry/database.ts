import { join } from "node:path";
import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { execa } from "execa";
import { z } from "zod";
import { layout } from "../../host/directory.ts";
import { postgresBin } from "../../host/packages.ts";
import { client } from "../../kubernetes/client.ts";
import { harborCluster, harborContext } from "../objects.ts";
import { harborTables } from "./tables.ts";

const { database: name, namespace } = harborCluster;
/** Patroni 4 calls the leader `primary`. */
const leaders = "spilo-role in (master, primary)";

/** The database of the sandbox's Harbor, as Harbor's core reaches it: over the network, with a password from a Secret. */
export class CoreDatabase {
  readonly #directory: string;
  /** UIDs of the databases whose tables exist. */
  readonly #migrated = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The rows of a query as objects. Each `:'NAME'` in it is a text of `texts`. @throws when there is no leader that answers. */
  async rows(query: string, texts: Readonly<Record<string, string>> = {}): Promise<unknown[]> {
    const { address, password, uid } = await this.#leader();
    const psql = (database: string, sql: string): Promise<string> =>
      this.#psql({ address, password }, database, sql, texts);
    // Harbor's core does the same when it starts. The database itself is made by the Zalando operator, which has no access here.
    if (!this.#migrated.has(uid)) {
      const exists = await psql("postgres", "select 1 from pg_database where datname = 'core'");
      if (exists === "") await psql("postgres", "create database core");
      await psql("core", harborTables);
      this.#migrated.add(uid);
    }
    const answer = await psql("core", `select coalesce(json_agg(r), '[]') from (${query}) r`);
    return z.array(z.unknown()).parse(JSON.parse(answer));
  }

  /** Runs statements. */
  async run(statements: string): Promise<void> {
    await this.rows("select 1");
    const { address, password } = await this.#leader();
    await this.#psql({ address, password }, "core", statements, {});
  }

  async #leader(): Promise<{ readonly address: string; readonly password: string; readonly uid: string }> {
    const config = client(layout(this.#directory).kubeconfig, harborContext);
    const core = config.makeApiClient(CoreV1Api);
    const labelSelector = `cluster-name=${name},${leaders}`;
    const [pods, secret, statefulSet] = await Promise.all([
      core.listNamespacedPod({ namespace, labelSelector }),
      core.readNamespacedSecret({ namespace, name: `postgres.${name}.credentials` }),
      config.makeApiClient(AppsV1Api).readNamespacedStatefulSet({ namespace, name }),
    ]);
    const address = pods.items[0]?.status?.podIP;
    if (address === undefined) throw new Error("the database has no leader");
    const password = Buffer.from(secret.data?.["password"] ?? "", "base64").toString("utf8");
    return { address, password, uid: statefulSet.metadata?.uid ?? "" };
  }

  async #psql(
    { address, password }: { readonly address: string; readonly password: string },
    database: string,
    sql: string,
    texts: Readonly<Record<string, string>>,
  ): Promise<string> {
    const variables = Object.entries(texts).flatMap(([key, value]) => ["-v", `${key}=${value}`]);
    const connection = ["-h", address, "-p", "5432", "-U", "postgres", "-d", database];
    const { stdout } = await execa(
      join(postgresBin, "psql"),
      ["-XAtq", "-v", "ON_ERROR_STOP=1", ...variables, ...connection],
      { input: sql, env: { PGPASSWORD: password, PGCONNECT_TIMEOUT: "5" }, timeout: 30_000 },
    );
    return stdout;
  }
}

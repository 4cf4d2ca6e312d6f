import { setTimeout as sleep } from "node:timers/promises";
import { S3Client } from "@aws-sdk/client-s3";
import { CoreV1Api } from "@kubernetes/client-node";
import { z } from "zod";
import { harborCluster, harborContext } from "../harbor/objects.ts";
import { CoreDatabase } from "../harbor/registry/database.ts";
import { imageOf } from "../harbor/registry/image.ts";
import { pushImage } from "../harbor/registry/push.ts";
import { layout } from "../host/directory.ts";
import { client } from "../kubernetes/client.ts";
import { digestQuery, tableDigestSchema, tablesQuery, type TableDigest } from "./digests.ts";
import type { Stage } from "./stage.ts";

const { database: name, namespace } = harborCluster;
const artifacts = "harbor-artifacts";
/** The sandbox's S3 and Spilo compare times in whole seconds. */
const secondMilliseconds = 1100;
const archiveSeconds = 60;

/** What Harbor's users do, and what is in the database, asked with psql and without the program under test. */
export class HarborData {
  readonly #stage: Stage;
  readonly #database: CoreDatabase;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#database = new CoreDatabase(stage.directory);
  }

  /** The role with which Harbor logs in. A Zalando operator with access to its databases makes it; the sandbox's has none. */
  async createHarborRole(): Promise<void> {
    const core = client(layout(this.#stage.directory).kubeconfig, harborContext).makeApiClient(CoreV1Api);
    const { data } = await core.readNamespacedSecret({ namespace, name: `harbor.${name}.credentials` });
    const password = Buffer.from(data?.["password"] ?? "", "base64").toString("utf8");
    if (password === "") throw new Error(`the Secret harbor.${name}.credentials has no password`);
    await this.#database.run(`create role harbor login password '${password.replaceAll("'", "''")}'`);
  }

  /** A user of Harbor. */
  async addUser(username: string): Promise<void> {
    const values = `'${username}', '${username}@sandbox.invalid', '', '${username}'`;
    await this.#database.run(`insert into harbor_user (username, email, password, realname) values (${values})`);
  }

  /** Pushes an image: blobs into the bucket, rows into the database. The project is made if it does not exist. */
  async push(repository: string): Promise<void> {
    const env = this.#stage.environment;
    const s3 = new S3Client({
      region: env["AWS_REGION"] ?? "",
      endpoint: env["AWS_ENDPOINT_URL_S3"] ?? "",
      credentials: { accessKeyId: env["AWS_ACCESS_KEY_ID"] ?? "", secretAccessKey: env["AWS_SECRET_ACCESS_KEY"] ?? "" },
      forcePathStyle: true,
    });
    await pushImage(this.#stage.directory, s3, artifacts, imageOf(repository, "v1", [repository, "a common layer"]));
    s3.destroy();
  }

  /** The database's own time, as `restore.targetTime` takes it. A second passes before and after it. */
  async moment(): Promise<string> {
    await sleep(secondMilliseconds);
    const moment = await this.#value(`to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM')`);
    await sleep(secondMilliseconds);
    return moment;
  }

  /** Completes the current segment of WAL, and waits until it is in S3. */
  async archive(): Promise<void> {
    const segment = await this.#value("pg_walfile_name(pg_switch_wal())");
    await this.#stage.waitUntil(`${segment} to be archived`, archiveSeconds, async () => {
      return (await this.#value("(select coalesce(last_archived_wal, '') from pg_stat_archiver)")) >= segment;
    });
  }

  /** The names of the repositories, sorted. */
  async repositories(): Promise<string[]> {
    const rows = z.array(z.object({ name: z.string() }));
    return rows.parse(await this.#database.rows("select name from repository order by 1")).map((row) => row.name);
  }

  /** A digest of each table of the database `core`. */
  async digests(): Promise<TableDigest[]> {
    const listed = z.array(z.object({ table: z.string() })).parse(await this.#database.rows(tablesQuery));
    const query = digestQuery(listed.map(({ table }) => table));
    return z.array(tableDigestSchema).parse(await this.#database.rows(query));
  }

  async #value(expression: string): Promise<string> {
    const [row] = z
      .array(z.object({ value: z.string() }))
      .parse(await this.#database.rows(`select ${expression} as value`));
    if (row === undefined) throw new Error(`the database gave no answer to ${expression}`);
    return row.value;
  }
}

import { createHash } from "node:crypto";
import { ListObjectsV2Command, S3Client, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { backups, harborCluster, operatorNamespace } from "../../sandbox/harbor/objects.ts";
import { clientSettings } from "./aws.ts";
import { isReady, roleOf, type HarborDatabase } from "./harbor.ts";

const { namespace, database: name } = harborCluster;
const copySchema = z.object({
  secret: z.object({ data: z.record(z.string(), z.string()) }),
  cluster: z.object({ uid: z.string() }),
});

/** What is known of the database that was lost. */
export interface Lost {
  readonly uid: string;
  readonly systemIdentifier: string;
  readonly kubernetesUid: string;
}

/**
 * How things are after a restore, seen without any of the project's code: by the API server, psql, S3 and Secrets Manager.
 * What differs from one restore to the next, such as the new database's UID, is left out.
 */
export class RestoreEnd {
  readonly #database: HarborDatabase;
  readonly #s3: S3Client;
  readonly #secrets: SecretsManagerClient;
  readonly #lost: Lost;

  constructor(database: HarborDatabase, environment: Record<string, string>, lost: Lost) {
    this.#database = database;
    this.#s3 = new S3Client(clientSettings(environment, "s3"));
    this.#secrets = new SecretsManagerClient(clientSettings(environment, "other"));
    this.#lost = lost;
  }

  async read(): Promise<object> {
    const { metadata, spec } = await this.#database.resource();
    const pods = await this.#database.pods();
    const environment = await this.#database.environment();
    return {
      isNewDatabase: metadata.uid !== this.#lost.uid,
      rows: await this.#database.ask("select string_agg(content, ', ' order by content) from precious"),
      isSameSystem:
        (await this.#database.ask("select system_identifier from pg_control_system()")) === this.#lost.systemIdentifier,
      isInRecovery: await this.#database.ask("select pg_is_in_recovery()"),
      roles: await this.#database.ask(
        "select string_agg(rolname, ',' order by rolname) from pg_roles where rolcanlogin",
      ),
      pgHba: spec.patroni.pg_hba,
      configuredPgHba: await this.#database.configuredHba(),
      pods: pods.map((pod) => ({
        name: pod.metadata?.name,
        role: roleOf(pod),
        ready: isReady(pod),
        restarts: pod.status?.containerStatuses?.map(({ restartCount }) => restartCount),
      })),
      podConfig: (await this.#database.configMap({ namespace: operatorNamespace, name: "pod-config" }))?.data,
      podSecret: digests(await this.#database.secretData({ namespace, name: "pod-secret" })),
      clone: [...environment.keys()].filter((variable) => variable.startsWith("CLONE_")).sort(),
      secrets: await this.#liveSecrets(),
      copies: await this.#copies(metadata.uid),
      artifacts: await this.#keys("harbor-artifacts"),
      ...(await this.#backups(metadata.uid)),
    };
  }

  async #liveSecrets(): Promise<object> {
    const users = ["postgres", "standby", "harbor"].map((user) => `${user}.${name}.credentials`);
    const found = await Promise.all(
      users.map(
        async (secret) => [secret, digests(await this.#database.secretData({ namespace, name: secret }))] as const,
      ),
    );
    return Object.fromEntries(found);
  }

  /** The current copies: of the new database, with the old content. */
  async #copies(uid: string): Promise<object> {
    const { SecretList = [] } = await this.#secrets.send(new ListSecretsCommand({ MaxResults: 100 }));
    const found: (readonly [string, object])[] = await Promise.all(
      SecretList.filter(({ Name = "" }) => Name.includes(this.#lost.kubernetesUid)).map(async ({ Name = "" }) => {
        const { SecretString = "" } = await this.#secrets.send(new GetSecretValueCommand({ SecretId: Name }));
        const { cluster, secret } = copySchema.parse(JSON.parse(SecretString));
        return [
          Name.split("/").at(-1) ?? "",
          { isOfNewDatabase: cluster.uid === uid, data: digests(secret.data) },
        ] as const;
      }),
    );
    return Object.fromEntries(found.toSorted(([a], [b]) => a.localeCompare(b)));
  }

  /** The lost database's objects, whether the new one has a backup, and what belongs to neither. */
  async #backups(uid: string): Promise<object> {
    const keys = await this.#keys(backups.bucket);
    const of = (one: string): string[] => keys.filter((key) => key.includes(`/${one}/`));
    return {
      lostBackups: of(this.#lost.uid),
      hasOwnBackup: of(uid).some((key) => key.endsWith("_sentinel.json")),
      otherKeys: keys.filter((key) => !/^spilo\/[^/]+\/[0-9a-f-]{36}\/wal\//.test(key)),
    };
  }

  async #keys(Bucket: string): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await this.#s3.send(
        new ListObjectsV2Command({ Bucket, ContinuationToken: token }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys.sort();
  }
}

/** Secrets are compared without appearing in a message. */
function digests(data: Record<string, string> | undefined): Record<string, string> | undefined {
  return (
    data &&
    Object.fromEntries(
      Object.entries(data)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([key, value]) => [key, createHash("sha256").update(value).digest("hex").slice(0, 12)]),
    )
  );
}

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { connectSecretsManager, type SecretsManager } from "../../clients/aws/secrets-manager.ts";

interface Version {
  text: string;
  /** Seconds since 1970. */
  created: number;
  labels: Set<string>;
}

interface Secret {
  versions: Map<string, Version>;
  deleted: boolean;
}

const requestSchema = z.object({
  SecretId: z.string().default(""),
  SecretString: z.string().default(""),
  VersionStage: z.string().default("AWSCURRENT"),
  VersionStages: z.array(z.string()).default([]),
  MoveToVersionId: z.string().optional(),
  RemoveFromVersionId: z.string().optional(),
  NextToken: z.string().optional(),
  Filters: z.array(z.object({ Values: z.array(z.string()) })).default([]),
});
type Asked = z.output<typeof requestSchema>;

class Refusal extends Error {
  constructor(name: string) {
    super(`${name}, as AWS says it`);
    this.name = name;
  }
}

/** AWS allows this many staging labels on all versions of a secret together. */
const mostLabels = 20;
const pageSize = 2;

/** AWS Secrets Manager behind its real protocol, with its rules about labels and deletion. */
export class FakeSecretsManager {
  readonly secrets = new Map<string, Secret>();
  /** Every operation that changes something, as `OPERATION NAME`. */
  readonly changes: string[] = [];
  /** Operations that answer AccessDeniedException. */
  readonly denied = new Set<string>();
  readonly progress: string[] = [];
  readonly #environment = { ...process.env };
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" });
    server.on("request", (request, response) => {
      const operation = String(request.headers["x-amz-target"]).replace("secretsmanager.", "");
      void text(request).then((body) => {
        const reply = (status: number, answer: object): void => {
          response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer));
        };
        try {
          reply(200, this.#answer(operation, requestSchema.parse(JSON.parse(body))));
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          reply(400, { __type: error.name, message: error.message });
        }
      });
    });
  }

  static async start(): Promise<FakeSecretsManager> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new FakeSecretsManager(server);
  }

  get endpointUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The product's own client. */
  client(): SecretsManager {
    const access = { region: "eu-west-2", endpointUrl: this.endpointUrl };
    return connectSecretsManager(access, new AbortController().signal, (line) => this.progress.push(line));
  }

  stop(): void {
    process.env = this.#environment;
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** An empty secret, as the stack creates it. */
  create(name: string): void {
    this.secrets.set(name, { versions: new Map(), deleted: false });
  }

  labels(name: string): string[] {
    return [...(this.secrets.get(name)?.versions.values() ?? [])].flatMap(({ labels }) => [...labels]).sort();
  }

  valueOf(name: string, label = "AWSCURRENT"): string | undefined {
    return [...(this.secrets.get(name)?.versions.values() ?? [])].find(({ labels }) => labels.has(label))?.text;
  }

  put(name: string, value: string, labels: readonly string[]): string {
    const secret = this.#secret(name);
    const isFirst = secret.versions.size === 0;
    const attached = isFirst ? [...new Set([...labels, "AWSCURRENT"])] : labels;
    const all = new Set([...this.labels(name), ...attached]);
    if (all.size > mostLabels) throw new Refusal("LimitExceededException");
    for (const { labels: held } of secret.versions.values()) for (const label of attached) held.delete(label);
    const id = `version-${secret.versions.size + 1}`;
    secret.versions.set(id, { text: value, created: secret.versions.size + 1, labels: new Set(attached) });
    return id;
  }

  #secret(name: string): Secret {
    const secret = this.secrets.get(name);
    if (secret === undefined) throw new Refusal("ResourceNotFoundException");
    return secret;
  }

  #answer(operation: string, asked: Asked): object {
    if (this.denied.has(operation)) throw new Refusal("AccessDeniedException");
    const { SecretId } = asked;
    switch (operation) {
      case "DescribeSecret":
        return this.#described(SecretId);
      case "ListSecrets":
        return this.#listed(asked);
      case "ListSecretVersionIds":
        return {
          Versions: [...this.#secret(SecretId).versions].map(([VersionId, { created, labels }]) => ({
            VersionId,
            CreatedDate: created,
            VersionStages: [...labels],
          })),
          // As emulators do.
          NextToken: "",
        };
      case "GetSecretValue":
        return { SecretString: this.#read(asked) };
    }
    this.changes.push(`${operation} ${SecretId}`);
    switch (operation) {
      case "RestoreSecret":
        this.#secret(SecretId).deleted = false;
        return {};
      case "PutSecretValue":
        if (this.#secret(SecretId).deleted) throw new Refusal("InvalidRequestException");
        return { VersionId: this.put(SecretId, asked.SecretString, asked.VersionStages) };
      case "UpdateSecretVersionStage":
        return this.#moveLabel(asked);
      default:
        throw new Refusal("UnknownOperationException");
    }
  }

  #described(name: string): object {
    const { deleted, versions } = this.#secret(name);
    const labelled = [...versions].filter(([, { labels }]) => labels.size > 0);
    return {
      Name: name,
      ...(deleted && { DeletedDate: 1 }),
      VersionIdsToStages: Object.fromEntries(labelled.map(([id, { labels }]) => [id, [...labels]])),
    };
  }

  #listed({ Filters, NextToken = "0" }: Asked): object {
    const prefix = Filters[0]?.Values[0] ?? "";
    const names = [...this.secrets.keys()].filter((name) => name.startsWith(prefix)).sort();
    const start = Number(NextToken);
    const more = start + pageSize < names.length;
    return {
      SecretList: names.slice(start, start + pageSize).map((name) => {
        const { VersionIdsToStages, ...rest } = z
          .looseObject({ VersionIdsToStages: z.unknown() })
          .parse(this.#described(name));
        return { ...rest, SecretVersionsToStages: VersionIdsToStages };
      }),
      ...(more && { NextToken: String(start + pageSize) }),
    };
  }

  #read({ SecretId, VersionStage }: Asked): string {
    if (this.#secret(SecretId).deleted) throw new Refusal("InvalidRequestException");
    const value = this.valueOf(SecretId, VersionStage);
    if (value === undefined) throw new Refusal("ResourceNotFoundException");
    return value;
  }

  #moveLabel({ MoveToVersionId, RemoveFromVersionId, SecretId, VersionStage }: Asked): object {
    const { versions } = this.#secret(SecretId);
    const holder = [...versions].find(([, { labels }]) => labels.has(VersionStage))?.[0];
    if (holder !== RemoveFromVersionId) throw new Refusal("InvalidParameterException");
    if (RemoveFromVersionId !== undefined) versions.get(RemoveFromVersionId)?.labels.delete(VersionStage);
    if (MoveToVersionId === undefined) return {};
    versions.get(MoveToVersionId)?.labels.add(VersionStage);
    if (VersionStage !== "AWSCURRENT" || RemoveFromVersionId === undefined) return {};
    for (const { labels } of versions.values()) labels.delete("AWSPREVIOUS");
    versions.get(RemoveFromVersionId)?.labels.add("AWSPREVIOUS");
    return {};
  }
}

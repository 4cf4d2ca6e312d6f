import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ListedObject } from "../../domain/walg/storage.ts";
import { S3Error } from "../../clients/aws/s3-error.ts";
import { FakeS3 } from "./fake-s3.ts";

/** A bucket in memory behind S3's own protocol, for programs of their own. It is read only. */
export class ServedS3 {
  readonly #server: Server;
  #objects: FakeS3;
  readonly #bucket: string;

  private constructor(server: Server, bucket: string, objects: FakeS3) {
    this.#server = server;
    this.#bucket = bucket;
    this.#objects = objects;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response));
  }

  static async start(bucket: string, objects: readonly ListedObject[], texts: Record<string, string> = {}) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ServedS3(server, bucket, new FakeS3(bucket, objects, texts));
  }

  /** Replaces the content of the bucket. */
  hold(objects: readonly ListedObject[], texts: Record<string, string> = {}): void {
    this.#objects = new FakeS3(this.#bucket, objects, texts);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer({ url = "" }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(url, this.endpoint);
    const [, bucket = "", ...rest] = decodeURIComponent(pathname).split("/");
    const key = rest.join("/");
    try {
      const body = key === "" ? await this.#listed(bucket, searchParams) : await this.#objects.text({ bucket, key });
      response.writeHead(200).end(body);
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      response.writeHead(403).end("<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
    }
  }

  async #listed(bucket: string, query: URLSearchParams): Promise<string> {
    const prefix = query.get("prefix") ?? "";
    if (query.has("delimiter")) {
      const { folders, objects } = await this.#objects.level({ bucket, prefix: prefix.replace(/\/$/, "") });
      const prefixes = folders.map(
        (name) => `<CommonPrefixes><Prefix>${prefix.replace(/\/$/, "")}/${name}/</Prefix></CommonPrefixes>`,
      );
      return listing([...prefixes, ...objects.map(xml)]);
    }
    const found: string[] = [];
    const after = query.get("start-after") ?? "";
    await this.#objects.list({ bucket, prefix, after }, new AbortController().signal, (page) => {
      found.push(...page.map(xml));
      return undefined;
    });
    return listing(found);
  }
}

function xml({ key, modified, size }: ListedObject): string {
  const at = new Date(modified).toISOString();
  return `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>${at}</LastModified></Contents>`;
}

function listing(entries: readonly string[]): string {
  return `<ListBucketResult><IsTruncated>false</IsTruncated>${entries.join("")}</ListBucketResult>`;
}

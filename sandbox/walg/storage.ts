import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import type { Configuration } from "./configuration.ts";

export interface StoredObject {
  /** Below the folder that was listed. */
  readonly name: string;
  readonly size: number;
  readonly modified: Date;
}

/** WAL-G repeats a request that S3 does not answer up to 15 times (`defaultMaxRetries`). A refusal it takes at once. */
const maxAttempts = 16;

/** The prefix in S3. Names are relative to it. */
export class Storage {
  readonly #client: S3Client;
  /** With fewer attempts: S3 may refuse an upload before it has read it, which Node takes for a broken connection. */
  readonly #uploader: S3Client;
  readonly #configuration: Configuration;

  constructor(configuration: Configuration) {
    const { region, endpoint, pathStyle, keys } = configuration;
    this.#configuration = configuration;
    const settings = {
      region,
      forcePathStyle: pathStyle,
      ...(endpoint !== undefined && { endpoint }),
      ...(keys !== undefined && { credentials: { accessKeyId: keys.id, secretAccessKey: keys.secret } }),
    };
    this.#client = new S3Client({ ...settings, maxAttempts });
    this.#uploader = new S3Client(settings);
  }

  /** All objects in and below a folder, by name. */
  async list(folder: string): Promise<StoredObject[]> {
    const prefix = this.key(`${folder}/`);
    const objects: StoredObject[] = [];
    try {
      const pages = paginateListObjectsV2({ client: this.#client }, { Bucket: this.#bucket, Prefix: prefix });
      for await (const { Contents = [] } of pages)
        for (const { Key = "", Size = 0, LastModified = new Date(0) } of Contents)
          objects.push({ name: Key.slice(prefix.length), size: Size, modified: LastModified });
    } catch (error) {
      throw new Error(`failed to list s3 folder: '${prefix}': ${described(error)}`, { cause: error });
    }
    return objects;
  }

  /** The content, or undefined if there is no such object. */
  async read(name: string): Promise<Buffer | undefined> {
    try {
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: this.key(name) }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new Error(`failed to read object: '${this.key(name)}' from S3: ${described(error)}`, { cause: error });
    }
  }

  async exists(name: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: this.key(name) }));
      return true;
    } catch (error) {
      // A bucket that does not exist gives the same answer to this question.
      if (isMissing(error)) return false;
      throw new Error(`failed to check s3 object '${this.key(name)}' existence: ${described(error)}`, { cause: error });
    }
  }

  async write(name: string, content: Buffer | string): Promise<void> {
    const Body = content;
    try {
      await this.#uploader.send(new PutObjectCommand({ Bucket: this.#bucket, Key: this.key(name), Body }));
    } catch (error) {
      throw new Error(`failed to upload '${this.key(name)}' to bucket '${this.#bucket}': ${described(error)}`, {
        cause: error,
      });
    }
  }

  async remove(names: readonly string[]): Promise<void> {
    for (let start = 0; start < names.length; start += 1000) {
      const Objects = names.slice(start, start + 1000).map((name) => ({ Key: this.key(name) }));
      await this.#client.send(new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } }));
    }
  }

  /** The whole key of a name. */
  key(name: string): string {
    const { folder } = this.#configuration;
    return folder === "" ? name : `${folder}/${name}`;
  }

  get #bucket(): string {
    return this.#configuration.bucket;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
}

/** As WAL-G's SDK prints an answer of S3. */
function described(error: unknown): string {
  if (!(error instanceof S3ServiceException)) return error instanceof Error ? error.message : String(error);
  const { httpStatusCode, requestId, extendedRequestId } = error.$metadata;
  return `${error.name}: ${error.message}\n\tstatus code: ${httpStatusCode}, request id: ${requestId}, host id: ${extendedRequestId}`;
}

import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { askS3, s3Error, type S3Place } from "./s3-error.ts";

/** Which object, and the AWS account that its bucket must belong to. */
export interface OwnedObject {
  readonly Bucket: string;
  readonly Key: string;
  readonly ExpectedBucketOwner: string | undefined;
}

/** How a download bears a bad connection. */
export interface DownloadPatience {
  /** Seconds without a byte, after which the connection is given up. */
  readonly idleSeconds: number;
  /** Connections in a row that bring nothing, after which the download fails. */
  readonly attempts: number;
  /** Seconds before the next connection. */
  readonly pauseSeconds: number;
}

const usualPatience: DownloadPatience = { idleSeconds: 60, attempts: 4, pauseSeconds: 1 };

/**
 * The content of an object of any size, as it arrives. When the connection breaks, the rest is requested again: hours of
 * downloading never pass without that. The object must not have been replaced meanwhile.
 *
 * @throws S3Error, or the signal's reason.
 */
export async function* download(
  client: S3Client,
  object: OwnedObject,
  place: S3Place,
  signal: AbortSignal,
  { attempts, idleSeconds, pauseSeconds }: DownloadPatience = usualPatience,
): AsyncGenerator<Uint8Array> {
  const what = `get ${object.Key}`;
  let received = 0;
  let etag: string | undefined;
  let failures = 0;
  for (;;) {
    const range = received === 0 ? {} : { Range: `bytes=${received}-`, IfMatch: etag };
    const { Body, ETag } = await askS3(place, what, signal, () =>
      client.send(new GetObjectCommand({ ...object, ...range }), { abortSignal: signal }),
    );
    etag ??= ETag;
    const body = Body instanceof Readable ? Body : Readable.from([]);
    const idle = setTimeout(() => body.destroy(new Error(`no answer for ${idleSeconds} s`)), idleSeconds * 1000);
    const stop = (): void => void body.destroy();
    signal.addEventListener("abort", stop, { once: true });
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        idle.refresh();
        received += chunk.length;
        failures = 0;
        yield chunk;
        idle.refresh();
      }
      signal.throwIfAborted();
      return;
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      if (failures >= attempts) throw s3Error(place, what, error);
    } finally {
      clearTimeout(idle);
      signal.removeEventListener("abort", stop);
      body.destroy();
    }
    await sleep(pauseSeconds * 1000, undefined, { signal }).catch(() => {
      signal.throwIfAborted();
    });
  }
}

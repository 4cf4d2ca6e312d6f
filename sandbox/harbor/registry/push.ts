import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { CoreDatabase } from "./database.ts";
import { blobsOf, pushed, registryKey, type Image } from "./image.ts";

/** Pushes an image to the sandbox's Harbor: its blobs into the bucket first, then the rows, as the registry and Harbor do it. */
export async function pushImage(directory: string, s3: S3Client, bucket: string, image: Image): Promise<void> {
  for (const { content, digest } of blobsOf(image))
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: registryKey(digest), Body: content }));
  await new CoreDatabase(directory).run(pushed(image));
}

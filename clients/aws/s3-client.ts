import { S3Client } from "@aws-sdk/client-s3";
import type { SessionKeys } from "../../domain/aws/access-keys.ts";
import { endpointSettings } from "./endpoint.ts";

/** For a connection, after which it is tried again. */
const connectSeconds = 5;

/** Which store a client asks, and as whom. */
export interface S3ClientOptions {
  /** Default: that of the environment or profile. */
  readonly region?: string;
  /** Default: AWS itself. */
  readonly endpoint: string | undefined;
  /** Default: those of the environment or profile. */
  readonly keys?: Readonly<SessionKeys> | undefined;
  /** Seconds for one answer, or for sending a part, after which a request is tried again. Default: 30. */
  readonly answerSeconds?: number;
}

/** The SDK's client for one store. It sends nothing before its first call. */
export function s3Client({ region, endpoint, keys, answerSeconds = 30 }: S3ClientOptions): S3Client {
  return new S3Client({
    ...(region !== undefined && { region }),
    ...endpointSettings(endpoint),
    forcePathStyle: endpoint !== undefined,
    ...(keys !== undefined && { credentials: keys }),
    requestHandler: {
      connectionTimeout: connectSeconds * 1000,
      requestTimeout: answerSeconds * 1000,
      throwOnRequestTimeout: true,
    },
  });
}

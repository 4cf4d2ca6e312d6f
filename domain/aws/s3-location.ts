/** A location in S3: a bucket, and a prefix of its keys without a trailing slash. */
export interface S3Location {
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * A location as WAL-G writes it: `s3://BUCKET/PREFIX`.
 *
 * @example s3Url({ bucket: "backups", prefix: "spilo/db/wal/12" }) // → "s3://backups/spilo/db/wal/12"
 */
export function s3Url({ bucket, prefix }: S3Location): string {
  return `s3://${bucket}/${prefix}`;
}

/** Excludes characters with a special meaning in URLs, shells or paths. */
const prefixPattern = /^[\w.=@:+,!*'()-]+(\/[\w.=@:+,!*'()-]+)*$/;
/** A key has at most 1024 bytes in S3; the rest is for the object's own name. */
const maxPrefixLength = 512;

/**
 * Parses `s3://BUCKET[/PREFIX]`, with or without a trailing slash; undefined for anything else.
 *
 * @example parseS3Url("s3://dumps/dev/") // → { bucket: "dumps", prefix: "dev" }
 * @example parseS3Url("s3://dumps/../x") // → undefined
 */
export function parseS3Url(text: string): S3Location | undefined {
  const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]*)(?:\/(.*?))?\/?$/s.exec(text) ?? [];
  if (!bucketNamePattern.test(bucket)) return undefined;
  if (prefix === "") return { bucket, prefix };
  const odd = prefix.length > maxPrefixLength || prefix.split("/").some((part) => part === "." || part === "..");
  return odd || !prefixPattern.test(prefix) ? undefined : { bucket, prefix };
}

/** An AWS region, such as `eu-west-2`. With any other form WAL-G hangs or signs wrongly (wal-g/wal-g#1010). */
export const awsRegionPattern = /^[a-z]{2}(-[a-z]+)+-\d$/;
/** S3-compatible stores name their regions freely. */
export const anyRegionPattern = /^[a-z0-9][-a-z0-9]{0,62}$/;
/** Bucket names that S3 accepts, without the dots that break TLS. */
export const bucketNamePattern = /^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$/;

/**
 * What is wrong with the endpoint of an S3-compatible store; undefined when it is `scheme://host[:port]`.
 *
 * Spilo and WAL-G use path-style addresses and append the bucket to the endpoint themselves. If the endpoint has a path,
 * or begins with the bucket's name, every key contains the bucket twice (zalando/postgres-operator#665). With any
 * endpoint some versions of Spilo drop the region, so AWS itself must be used without one.
 */
export function endpointProblem(endpoint: string, bucket: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\s]+\/?$/.test(endpoint) || !URL.canParse(endpoint)) {
    return "must be http(s)://HOST[:PORT] without a path: WAL-G adds the bucket itself";
  }
  const { hostname } = new URL(endpoint);
  if (/(^|\.)amazonaws\.com(\.cn)?$/.test(hostname))
    return "leave the endpoint out for AWS: there the region is enough, and an endpoint changes the path";
  if (hostname.startsWith(`${bucket}.`)) return "must not begin with the bucket's name: WAL-G adds the bucket itself";
  if (endpoint.endsWith("/")) return "must not end with a slash: with it WAL-G falls back to another region";
  return undefined;
}

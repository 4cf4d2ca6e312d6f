/** A place in S3: a bucket, and the beginning of keys in it without a slash at its end. */
export interface S3Location {
  readonly bucket: string;
  readonly prefix: string;
}

/** The way WAL-G writes it: `s3://BUCKET/PREFIX`. */
export function s3Url({ bucket, prefix }: S3Location): string {
  return `s3://${bucket}/${prefix}`;
}

/** Without the characters that URLs, shells or folders give another meaning. */
const prefixPattern = /^[\w.=@:+,!*'()-]+(\/[\w.=@:+,!*'()-]+)*$/;
/** S3's keys have at most 1024 bytes; the rest is for the object's own name. */
const maxPrefixLength = 512;

/** Reads `s3://BUCKET[/PREFIX]`, with or without a slash at its end; undefined when it is anything else. */
export function parseS3Url(text: string): S3Location | undefined {
  const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]*)(?:\/(.*?))?\/?$/s.exec(text) ?? [];
  if (!bucketNamePattern.test(bucket)) return undefined;
  if (prefix === "") return { bucket, prefix };
  const odd = prefix.length > maxPrefixLength || prefix.split("/").some((part) => part === "." || part === "..");
  return odd || !prefixPattern.test(prefix) ? undefined : { bucket, prefix };
}

/** An AWS region, such as `eu-west-2`; another form makes WAL-G hang or sign wrongly (wal-g/wal-g#1010). */
export const awsRegionPattern = /^[a-z]{2}(-[a-z]+)+-\d$/;
/** S3-compatible stores may name their region as they like. */
export const anyRegionPattern = /^[a-z0-9][-a-z0-9]{0,62}$/;
/** Names that S3 takes for a bucket, without the dots that break TLS. */
export const bucketNamePattern = /^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$/;

/**
 * What is wrong with the endpoint of an S3-compatible store; undefined when it is `scheme://host[:port]`.
 *
 * Spilo and WAL-G address by path and put the bucket behind the endpoint themselves, so that a path, or the bucket as
 * the host's first label, doubles the bucket in every key (zalando/postgres-operator#665). Any endpoint also makes Spilo
 * drop the region on some versions, which is why AWS itself must be used without one.
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

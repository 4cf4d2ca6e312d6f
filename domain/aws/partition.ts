/** AWS's partitions by the beginning of their regions; every other region is in `aws`. */
const partitions: readonly (readonly [prefix: string, partition: string])[] = [
  ["cn-", "aws-cn"],
  ["us-gov-", "aws-us-gov"],
  ["us-iso-", "aws-iso"],
  ["us-isob-", "aws-iso-b"],
];

/**
 * The partition of a region, which every ARN begins with. Partitions share neither accounts nor resources.
 *
 * @example partitionOf("eu-west-2") // → "aws"
 * @example partitionOf("us-gov-west-1") // → "aws-us-gov"
 */
export function partitionOf(region: string): string {
  return partitions.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";
}

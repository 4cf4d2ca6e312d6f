/** Sizes in bytes, and how much WAL may follow a base backup that a replica is made from. */
interface Sizes {
  readonly walSinceBackup: number;
  /** All databases of the leader together. */
  readonly cluster: number;
  readonly megabytes: number;
  /** Of the size of all databases. */
  readonly percentage: number;
}

/** Why a replica is not made from the base backup: replaying that much WAL takes longer than copying the leader. */
export function reasonAgainst({ walSinceBackup, cluster, megabytes, percentage }: Sizes): string | undefined {
  if (walSinceBackup > megabytes * 1024 * 1024) return `exceeds ${megabytes}MB`;
  if (walSinceBackup > (cluster * percentage) / 100) return `exceeds ${percentage}% of cluster_size`;
  return undefined;
}

import type { FleetCluster, FleetReport } from "./report.ts";

const gibibyte = 2 ** 30;

/**
 * What the storage of a cluster costs in a month, without requests and transfer; undefined when a size, a storage class or a
 * price is not known.
 */
export function monthlyCost(
  { storage }: Pick<FleetCluster, "storage">,
  prices: FleetReport["prices"],
): number | undefined {
  if (prices === undefined || storage?.status !== "known" || storage.classes === undefined) return undefined;
  const priced = storage.classes.map(({ bytes, storageClass }) => {
    const price = prices.perGibibyteMonth[storageClass];
    return price === undefined ? undefined : (bytes / gibibyte) * price;
  });
  // A sum of only a part would look cheaper than it is.
  const listed = storage.classes.reduce((sum, { bytes }) => sum + bytes, 0);
  if (listed !== storage.bytes || !priced.every((cost) => cost !== undefined)) return undefined;
  return priced.reduce((sum, cost) => sum + cost, 0);
}

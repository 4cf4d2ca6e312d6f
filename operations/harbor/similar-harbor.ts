import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import { didYouMean } from "../../domain/similar.ts";

/**
 * A question that suggests an existing HarborCluster for a mistyped name. Undefined when the name is right, when none is
 * similar, and when they cannot be listed: no command's role includes that, and a suggestion must not hide the error that
 * it belongs to.
 */
export async function similarHarbor(
  client: Pick<HarborClient, "listHarborClusters">,
  harbor: ObjectName,
): Promise<string | undefined> {
  try {
    const name = formatObjectName(harbor);
    const known = (await client.listHarborClusters()).map(formatObjectName);
    return known.includes(name) ? undefined : didYouMean(name, known);
  } catch {
    return undefined;
  }
}

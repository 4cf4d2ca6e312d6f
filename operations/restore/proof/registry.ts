import type { Judged } from "../../../domain/restore/proof/checks.ts";
import { judgeRestoredRegistry } from "../../../domain/restore/proof/registry.ts";
import type { ReportOf } from "../../../domain/steps/steps.ts";
import { checkRegistry } from "../../registry/check.ts";
import type { Running } from "./gather.ts";

/** The registry, once it was compared with the database. */
export interface RestoredRegistry extends Judged {
  readonly compared: ReportOf<"restore verify">["registry"];
}

/** Whether the registry is to be compared: its bucket is named, and nobody has left it out. */
export function isRegistryNamed({ registry }: Running["request"]): boolean {
  return registry.store !== undefined && registry.skip === undefined;
}

/** Compares the registry with the restored database. */
export async function compareRegistry({ clients, request, surroundings }: Running): Promise<RestoredRegistry> {
  const { cluster, endpointUrl, timeLimits } = request;
  const { database, digests, problems, root, store } = request.registry;
  if (store === undefined) throw new TypeError("the bucket of the registry is not named");
  const access = { ...store, endpointUrl: store.endpoint === undefined ? endpointUrl : undefined };
  const [s3, versions] = await Promise.all([clients.connectS3(access), clients.connectS3Versions(access)]);
  try {
    const report = await checkRegistry(
      { harbor: clients.harbor, s3, versions },
      { cluster, ...access, root, database, digests, timeLimit: timeLimits.registry },
      surroundings,
    );
    const { blobs, counted, place } = report;
    return { ...judgeRestoredRegistry(report, problems), compared: { blobs, counted, place } };
  } finally {
    s3.close();
    versions.close();
  }
}

import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { linesToBeDropped, pgHbaFingerprint } from "../../domain/harbor/pg-hba-fingerprint.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { livePgHba } from "./live-pg-hba.ts";
import { madeResource } from "./pg-hba.ts";
import type { Surroundings } from "../surroundings.ts";

/**
 * Computes a fingerprint that changes when pg_hba has to be written again. It only reads, and every preview runs it.
 *
 * @throws RecoveryError `failed` when the request says to wait and the resource was not created in time.
 */
export async function lookAtPgHba(
  client: Pick<HarborClient, "getHarborCluster" | "getPostgresql" | "listHarborClusters">,
  request: TaskOf<"harbor fingerprint">,
  surroundings: Surroundings,
): Promise<ReportOf<"harbor fingerprint">> {
  const harbor = request.cluster;
  const found = await (request.wait === undefined
    ? client.getPostgresql(harbor)
    : madeResource(client, harbor, request.wait, surroundings));
  const live = found && livePgHba(harbor, found);
  return {
    version: 1,
    fingerprint: pgHbaFingerprint(live, request.pgHba),
    dropped: linesToBeDropped(live, request.pgHba),
  };
}

import type { S3Access, S3Client } from "../../clients/aws/s3.ts";
import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { judgeLedger } from "../../domain/ledger/judge.ts";
import { ledgerOf } from "../../domain/ledger/place.ts";
import { ledgerReport } from "../../domain/ledger/report.ts";
import type { NamedKey } from "../../domain/ledger/signature.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { listedInTime } from "../backups/listing.ts";
import { placeOfBackups } from "../backups/place.ts";
import { boundedBy } from "../ends.ts";
import type { Surroundings } from "../surroundings.ts";
import { readLedger } from "./ledger.ts";

/** What is asked. */
export interface ProofClients {
  /** Undefined when the request names the place: then Kubernetes is not asked. */
  readonly harbor: Pick<HarborClient, "context" | "getStatefulSet"> | undefined;
  readonly connectS3: (access: S3Access) => Promise<Pick<S3Client, "close" | "list" | "text">>;
}

/**
 * Lists every proof beside the backups of a database, and whether it counts. Only reads.
 *
 * @param keys public keys that are trusted.
 * @throws RecoveryError when the place is not known, or cannot be listed.
 */
export async function listProofs(
  { connectS3, harbor }: ProofClients,
  request: TaskOf<"backup proofs">,
  keys: readonly NamedKey[],
  { now, signal }: Pick<Surroundings, "now" | "signal">,
): Promise<ReportOf<"backup proofs">> {
  const { location, access } = await placeOfBackups(harbor, request);
  const ledger = ledgerOf(location);
  const s3 = await connectS3(access);
  try {
    const ends = { bound: boundedBy(signal, request.timeLimit), stop: signal };
    const objects = await listedInTime(readLedger(s3, ledger, ends), ends, ledger.bucket, request.timeLimit);
    return {
      version: 1,
      context: harbor?.context ?? null,
      cluster: formatObjectName(request.cluster),
      ...ledgerReport(ledger, await judgeLedger(ledger, objects, keys)),
      checkedAt: now().toISOString(),
    };
  } finally {
    s3.close();
  }
}

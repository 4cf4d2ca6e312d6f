import { backupVerifyReportSchema } from "../domain/backups/report.ts";
import { segmentName } from "../domain/walg/segment-name.ts";
import { besideListing } from "./beside-listing.ts";
import { type Bench, type Figure, type Result } from "./measure.ts";
import { SimulatedStore } from "./simulated-store.ts";

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const bucket = "backups";
const prefix = `spilo/postgresql-harbor-cluster-harbor-cluster/${uid}/wal/12`;
const few = 100_000;
const many = 1_000_000;

/** Compares `backup verify` of 100,000 and of 1,000,000 WAL objects with a bare listing of them. */
export async function backupVerify(bench: Bench): Promise<Result> {
  const small = await measured(bench, few);
  const large = await measured({ ...bench, repeat: 1 }, many);
  const all = [...small.figures, ...large.figures];
  return {
    title: `All backups verified, ${few} and ${many} WAL objects`,
    figures: all,
    checks: [...small.checks, ...large.checks],
    notes: [
      "Both are whole processes. The store is simulated: it computes each page of the listing, so that the time is mostly that of the reader. It shares its processors with the check.",
    ],
  };
}

async function measured(bench: Bench, segments: number): Promise<Pick<Result, "figures" | "checks">> {
  const store = await SimulatedStore.start(prefix, segments);
  try {
    const place = ["--bucket", bucket, "--region", "eu-west-2", "--endpoint", store.endpoint, "--uid", uid];
    const environment = {
      ...bench.environment,
      AWS_REGION: "eu-west-2",
      AWS_ACCESS_KEY_ID: "bench",
      AWS_SECRET_ACCESS_KEY: "bench",
      AWS_ENDPOINT_URL_S3: store.endpoint,
    };
    const { report, figures, checks } = await besideListing(bench, {
      command: "backup verify",
      besides: "the judgement of every backup",
      parameters: ["harbor-cluster/harbor-cluster", ...place],
      environment,
      listed: { bucket, prefix },
      objects: segments,
    });
    const { backups } = backupVerifyReportSchema.parse(report);
    const last = backups[0]?.window?.lastSegment;
    if (last !== segmentName(1, segments - 1)) throw new Error(`backup verify saw WAL up to ${last ?? "nothing"}`);
    const named = (figure: Figure): Figure => ({ ...figure, what: `${figure.what}; ${segments} objects` });
    return {
      figures: figures.map(named),
      checks: checks.map((check) => ({ ...check, what: `${check.what}; ${segments} objects` })),
    };
  } finally {
    await store.stop();
  }
}

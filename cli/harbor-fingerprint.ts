import { connectHarbor } from "../clients/harbor.ts";
import { pgHbaLookRequestSchema } from "../domain/pg-hba-look.ts";
import { runbookPgHba } from "../domain/pg-hba.ts";
import { lookAtPgHba } from "../operations/look-pg-hba.ts";
import { given, requestOf, type RequestOptions } from "./request.ts";
import { kubernetesTarget, surroundingsOfProcess } from "./session.ts";

export interface HarborFingerprintOptions extends RequestOptions {
  readonly wait?: string;
}

/** `postgres-recovery harbor fingerprint`; the result is the exit code. */
export async function harborFingerprint(cluster: string | undefined, options: HarborFingerprintOptions): Promise<number> {
  const request = await requestOf(pgHbaLookRequestSchema, cluster, options, (name) => ({
    version: 1,
    // The kubeconfig's current context has no name here.
    kubernetes: { context: options.context ?? "-" },
    cluster: name,
    pgHba: [...runbookPgHba],
    ...given({ wait: options.wait }),
  }));
  const surroundings = surroundingsOfProcess();
  const target = kubernetesTarget(cluster === undefined ? { ...options, ...request.kubernetes } : options);
  const report = await lookAtPgHba(await connectHarbor(target, surroundings.signal, surroundings.progress), request, surroundings);
  process.stdout.write(`${options.output === "json" ? JSON.stringify(report) : report.fingerprint}\n`);
  return 0;
}

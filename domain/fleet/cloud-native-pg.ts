import { z } from "zod";
import type { FleetCluster } from "./report.ts";

/** CloudNativePG's resource `Cluster` (api/v1/cluster_types.go; read at v1.27.0 and v1.28.1). */
export const cloudNativePgApi = { group: "postgresql.cnpg.io", version: "v1", plural: "clusters" } as const;

const optionalText = z.string().optional().catch(undefined);

/** The parts of a CloudNativePG cluster that say something of its backups. */
export const cloudNativePgSchema = z.object({
  metadata: z.object({ namespace: z.string(), name: z.string() }),
  spec: z
    .object({
      backup: z.unknown().optional(),
      plugins: z.array(z.unknown()).optional().catch(undefined),
      replica: z.object({ enabled: z.boolean().optional() }).optional().catch(undefined),
    })
    .prefault({})
    .catch({}),
  status: z
    .object({
      // The times are empty where a backup plugin takes the backups, and deprecated since then.
      firstRecoverabilityPoint: optionalText,
      lastSuccessfulBackup: optionalText,
      lastFailedBackup: optionalText,
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().default("") }))
        .default([])
        .catch([]),
    })
    .prefault({})
    .catch({ conditions: [] }),
});
export type CloudNativePgCluster = z.infer<typeof cloudNativePgSchema>;

type FleetFinding = FleetCluster["findings"][number];
const silent = "the status of the cluster does not say; a backup plugin writes its times elsewhere";

/** What a CloudNativePG cluster says of its own backups. Nothing is compared with the object store. */
export function cloudNativePgFacts(cluster: CloudNativePgCluster, context: string): FleetCluster {
  const { metadata, status } = cluster;
  const first = moment(status.firstRecoverabilityPoint);
  const last = moment(status.lastSuccessfulBackup);
  const why = declaresBackups(cluster) ? silent : "no backup is declared";
  return {
    kubernetes: context,
    namespace: metadata.namespace,
    name: metadata.name,
    operator: "cloudnative-pg",
    newestBackup:
      last === undefined ? { status: "unknown", why } : { status: "known", name: null, type: "full", finishedAt: last },
    recovery:
      first === undefined
        ? { status: "unknown", why }
        : { status: "known", windows: [{ from: first, until: null, endedBy: null }] },
    lossNow: { status: "unknown", why: "the status of the cluster does not say up to when WAL is archived" },
    findings: findingsOf(cluster),
  };
}

function findingsOf(cluster: CloudNativePgCluster): FleetFinding[] {
  const { conditions, lastFailedBackup, lastSuccessfulBackup } = cluster.status;
  const found: FleetFinding[] = [];
  if (!declaresBackups(cluster)) {
    found.push({
      severity: "refuse",
      code: "cloudnative-pg-without-backups",
      what: "neither spec.backup nor spec.plugins is set",
      fix: "declare backups, or delete the cluster if nobody needs its data",
    });
  }
  const condition = (type: string) => conditions.find((each) => each.type === type);
  const archiving = condition("ContinuousArchiving");
  if (archiving?.status === "False") {
    found.push({
      severity: "refuse",
      code: "cloudnative-pg-archiving-failing",
      what: archiving.message === "" ? "the condition ContinuousArchiving is False" : archiving.message,
      fix: "see the log of the primary's Pod",
    });
  }
  const backup = condition("LastBackupSucceeded");
  const [failed, succeeded] = [moment(lastFailedBackup), moment(lastSuccessfulBackup)];
  const failedLater = failed !== undefined && (succeeded === undefined || failed > succeeded);
  if (backup?.status === "False" || failedLater) {
    const said = backup?.status === "False" ? backup.message : "";
    found.push({
      severity: "refuse",
      code: "cloudnative-pg-backup-failed",
      what: said === "" ? `the last backup failed at ${failed ?? "an unknown time"}` : said,
      fix: "see the Backup resources of the cluster",
    });
  }
  if (found.length === 0 && (archiving?.status !== "True" || backup?.status !== "True")) {
    const missing = [archiving, backup].map((each, index) =>
      each?.status === "True" ? "" : ["ContinuousArchiving", "LastBackupSucceeded"][index],
    );
    found.push({
      severity: "unknown",
      code: "cloudnative-pg-status-silent",
      what: `its status does not have the condition ${missing.filter(Boolean).join(" and ")}`,
      fix: "see whether the operator runs, and whether a backup was ever taken",
    });
  }
  return found;
}

function declaresBackups({ spec }: CloudNativePgCluster): boolean {
  return (spec.backup !== undefined && spec.backup !== null) || (spec.plugins?.length ?? 0) > 0;
}

/** A time as this project writes it; undefined when there is none, or it cannot be read. */
function moment(text: string | undefined): string | undefined {
  const milliseconds = Date.parse(text ?? "");
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString();
}

import type { Duration } from "../../domain/duration.ts";
import { dumpBucketSchema } from "../../domain/dump/bucket.ts";
import { dumpDirectorySchema } from "../../domain/dump/dump.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import { dumpDatabases } from "../../operations/dump/dump.ts";
import { findLeader } from "../../operations/stanza/leader.ts";
import { existingCluster } from "../../operations/stanza/probe.ts";
import type { CommonOptions } from "../options.ts";
import { printText } from "../output.ts";
import { table } from "../table.ts";
import { validated } from "../request.ts";
import { openSession } from "../session.ts";
import type { DumpCommandReport } from "../../domain/dump/report.ts";

export interface DumpCommandOptions extends CommonOptions {
  readonly output: "table" | "json";
  readonly directory: string;
  readonly bucketOwner?: string | undefined;
  readonly kmsKey?: string | undefined;
  readonly endpointUrl?: string | undefined;
  readonly dumpTimeout: Duration;
}

/** `postgres-recovery dump`; the result is the exit code. */
export async function dump(cluster: ObjectName, options: DumpCommandOptions): Promise<number> {
  const directory = validated(dumpDirectorySchema, options.directory);
  const { bucketOwner: owner, kmsKey, endpointUrl } = options;
  const bucket = validated(dumpBucketSchema, { owner, kmsKey, endpointUrl });
  const { client, surroundings } = await openSession(options);
  const { uid } = (await existingCluster(client, cluster)).metadata;
  const pod = await findLeader(client, cluster, surroundings);
  const dumped = await dumpDatabases(
    client,
    { cluster, uid, pod, directory, bucket, timeLimit: options.dumpTimeout },
    surroundings,
  );
  const report = { version: 1, context: client.context, cluster: formatObjectName(cluster), pod, ...dumped } as const;
  printText(rendered(report, options.output));
  return 0;
}

function rendered(report: DumpCommandReport, output: DumpCommandOptions["output"]): string {
  switch (output) {
    case "json":
      return visibleJson(report);
    case "table":
      return table(
        ["CLUSTER", report.cluster],
        [
          ["CONTEXT", report.context],
          ["POD", report.pod],
          ["FILE", report.file],
          ["SIZE", `${report.size} bytes (${report.uncompressedSize} of SQL)`],
          ["SHA-256", report.sha256],
        ],
      );
  }
}

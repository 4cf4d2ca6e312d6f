import type { HarborClient } from "../../../clients/kubernetes/harbor.ts";
import type { AskHarbor } from "../../../clients/harbor-api.ts";
import type { S3Access, S3Client } from "../../../clients/aws/s3.ts";
import type { S3Versions } from "../../../clients/aws/s3-versions.ts";
import type { DatabasePod, StatefulSet } from "../../../domain/harbor/objects.ts";
import type { LeaderAnswer } from "../../../domain/restore/proof/leader-answer.ts";
import type { TaskOf } from "../../../domain/steps/steps.ts";
import type { Surroundings } from "../../surroundings.ts";

/** The systems that are asked. S3 is connected only when the place of the new backups is known. */
export interface VerifyClients {
  readonly harbor: Pick<
    HarborClient,
    | "context"
    | "exec"
    | "getHarborCluster"
    | "getPostgresql"
    | "getSecret"
    | "getStatefulSet"
    | "listHarborClusters"
    | "listPods"
  >;
  readonly connectS3: (access: S3Access) => Promise<S3Client>;
  /** For the registry, which is compared only where its bucket is named. */
  readonly connectS3Versions: (access: S3Access) => Promise<S3Versions>;
  readonly askHarbor: AskHarbor;
}

/** What a check needs that only asks the restored database, whoever runs it: an operator, or a drill. */
export interface Restored {
  readonly clients: { readonly harbor: Pick<HarborClient, "exec"> };
  readonly request: Pick<TaskOf<"restore verify">, "amcheck" | "expect"> & {
    readonly timeLimits: Pick<TaskOf<"restore verify">["timeLimits"], "indexes" | "query">;
  };
  readonly pod: DatabasePod;
  /** The Pod, for findings. */
  readonly where: string;
  readonly leader: LeaderAnswer;
  /** Undefined without an operator: then there is one Pod. */
  readonly statefulSet: StatefulSet | undefined;
  /** Its signal ends with the time limit of the whole proof, too. */
  readonly surroundings: Surroundings;
}

/** What every check of the running database has in common. */
export interface Running extends Restored {
  readonly clients: VerifyClients;
  readonly request: TaskOf<"restore verify">;
}

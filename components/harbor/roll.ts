import * as pulumi from "@pulumi/pulumi";
import { rollWaits } from "../../domain/harbor/steps/roll.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { ReportOf, RequestOf } from "../../domain/steps/steps.ts";
import { childOf } from "../child-of.ts";
import { clusterIdentity } from "../cluster-identity.ts";
import { step } from "../step.ts";

export interface RollArgs extends Pick<
  RequestOf<"harbor roll">,
  "kubernetes" | "cluster" | "podSecret" | "timeLimits"
> {
  /** Everything that the Pods must have picked up. They are checked again whenever one of these values changes. */
  readonly whenever: readonly pulumi.Input<unknown>[];
}

/** Recreates those Pods of the database that are not as declared. Current Pods stay as they are. */
export class Roll extends pulumi.ComponentResource {
  /** What was done. */
  readonly report: pulumi.Output<ReportOf<"harbor roll">>;

  constructor(name: string, args: RollArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:Roll", name, {}, options);
    const { cluster, kubernetes, podSecret, timeLimits, whenever } = args;
    const seconds = timeLimits.operator + rollWaits * timeLimits.pod;
    const request: RequestOf<"harbor roll"> = { version: 1, kubernetes, cluster, podSecret, timeLimits };
    const { report } = step(
      "harbor roll",
      name,
      { request, triggers: [formatObjectName(cluster), ...whenever, ...clusterIdentity(kubernetes)], seconds },
      childOf(this, options),
    );
    this.report = report;
    this.registerOutputs({ report: this.report });
  }
}

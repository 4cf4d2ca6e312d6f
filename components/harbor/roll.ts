import * as pulumi from "@pulumi/pulumi";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { ReportOf, RequestOf } from "../../domain/steps/steps.ts";
import { childOf } from "../child-of.ts";
import { step } from "../step.ts";

export interface RollArgs extends Pick<RequestOf<"harbor roll">, "kubernetes" | "cluster" | "timeLimits"> {
  /** The Pods are looked at again whenever one of these is another: what they must have taken up. */
  readonly whenever: readonly pulumi.Input<unknown>[];
}

/** A switchover and some Pods, each of which may take its whole time limit. */
const waits = 10;

/** Has the database's Pods made anew where they are not as declared; Pods that are current stay as they are. */
export class Roll extends pulumi.ComponentResource {
  /** What was done. */
  readonly report: pulumi.Output<ReportOf<"harbor roll">>;

  constructor(name: string, args: RollArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:Roll", name, {}, options);
    const { cluster, kubernetes, timeLimits, whenever } = args;
    const seconds = timeLimits.operator + waits * timeLimits.pod;
    const request: RequestOf<"harbor roll"> = { version: 1, kubernetes, cluster, timeLimits };
    const { report } = step(
      "harbor roll",
      name,
      { request, triggers: [formatObjectName(cluster), ...whenever], seconds },
      childOf(this, options),
    );
    this.report = report;
    this.registerOutputs({ report: this.report });
  }
}

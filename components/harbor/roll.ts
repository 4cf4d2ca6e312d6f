import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { rollRequestSchema, rollReportSchema, type RollReport, type RollRequest } from "../../domain/harbor/steps.ts";
import { childOf } from "../child-of.ts";
import { reportOf, step } from "../step.ts";

export interface RollArgs extends Pick<RollRequest, "kubernetes" | "cluster" | "timeLimits"> {
  /** The Pods are looked at again whenever one of these is another: what they must have taken up. */
  readonly whenever: readonly pulumi.Input<unknown>[];
}

/** A switchover and some Pods, each of which may take its whole time limit. */
const waits = 10;

/** Has the database's Pods made anew where they are not as declared; Pods that are current stay as they are. */
export class Roll extends pulumi.ComponentResource {
  /** What was done. */
  readonly report: pulumi.Output<RollReport>;

  constructor(name: string, args: RollArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:Roll", name, {}, options);
    const { cluster, kubernetes, timeLimits, whenever } = args;
    const seconds = timeLimits.operator + waits * timeLimits.pod;
    const request: RollRequest = { version: 1, kubernetes, cluster, timeLimits };
    const rolled = step(
      name,
      {
        command: "harbor roll",
        request: z.encode(rollRequestSchema, request),
        triggers: [cluster, ...whenever],
        seconds,
      },
      childOf(this, options),
    );
    this.report = reportOf(rollReportSchema, rolled.stdout);
    this.registerOutputs({ report: this.report });
  }
}

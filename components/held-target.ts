import * as pulumi from "@pulumi/pulumi";
import { formatObjectName, type ObjectName } from "../domain/kubernetes/object-name.ts";

/**
 * A target for which nothing runs, on purpose. It is a resource of its own so that a preview shows it beside the
 * targets that run, and the day it is released shows as a change.
 */
export class HeldTarget extends pulumi.ComponentResource {
  /** Why it is on hold. */
  readonly reason: pulumi.Output<string>;

  constructor(target: ObjectName, reason: string, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:index:HeldTarget", formatObjectName(target), {}, options);
    this.reason = pulumi.output(reason);
    this.registerOutputs({ reason });
  }
}

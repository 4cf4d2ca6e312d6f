import * as pulumi from "@pulumi/pulumi";
import { formatObjectName, type ObjectName } from "../domain/kubernetes/object-name.ts";

/**
 * A target that is deliberately on hold: nothing runs for it. It is a resource, so that a preview lists it beside the
 * other targets, and shows a change when the hold is removed.
 */
export class HeldTarget extends pulumi.ComponentResource {
  /** Why it is on hold. */
  readonly reason: pulumi.Output<string>;

  constructor(target: ObjectName, reason: string, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:index:HeldTarget", formatObjectName(target), {}, options);
    this.reason = pulumi.output(reason);
    // Shown beside the resource, in the column Info, and not repeated under Diagnostics.
    void pulumi.log.info(`on hold: ${reason}`, this, undefined, true);
    this.registerOutputs({ reason });
  }
}

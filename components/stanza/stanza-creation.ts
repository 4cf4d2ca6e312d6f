import * as pulumi from "@pulumi/pulumi";
import type { DumpBucket } from "../../domain/dump/bucket.ts";
import type { Duration } from "../../domain/duration.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { StanzaCreateReport, TimeLimits } from "../../domain/stanza/create.ts";
import type { RequestOf } from "../../domain/steps/steps.ts";
import { step } from "../step.ts";
import { HeldTarget } from "../held-target.ts";
import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";

/** One cluster whose missing stanza is to be created. */
export interface StanzaCreationTarget {
  /** The PostgresCluster. */
  readonly cluster: ObjectName;
  /**
   * `metadata.uid` of the PostgresCluster. Nothing is done for a cluster of the same name with a different uid.
   * Default: any.
   */
  readonly uid?: string | undefined;
  /** Why the target is on hold. It is then listed, but nothing runs for it. Default: not on hold. */
  readonly hold?: string | undefined;
  /** `true` to dump all databases first, or the written reason for not doing so. */
  readonly dump: true | { readonly skip: string };
  /** Whether PGO is to take a backup if there is none yet. Default: false. */
  readonly firstBackup?: boolean | undefined;
  /** A person raises this number to run the procedure again. */
  readonly attempt: number;
  /** How long each part may take. */
  readonly timeLimits: TimeLimits;
}

export interface StanzaCreationArgs {
  /** The Kubernetes cluster that the targets are in. */
  readonly kubernetes: KubernetesAccess;
  /** Folder for the dumps, relative to the project, or `s3://BUCKET[/PREFIX]`. */
  readonly dumpDirectory: string;
  /** An earlier dump of the same instance that is not older is used again. */
  readonly dumpMaxAge: Duration;
  /** What must be true of the bucket that takes the dumps. Only when `dumpDirectory` is in S3. */
  readonly dumpBucket?: DumpBucket | undefined;
  readonly targets: readonly StanzaCreationTarget[];
}

/**
 * Creates the missing pgBackRest stanza of each target, once per target and stack, with the same CLI command that a
 * person would run. Removing a target or destroying the stack leaves its stanza as it is.
 */
export class StanzaCreation extends pulumi.ComponentResource {
  /** Report of each run, by NAMESPACE/CLUSTER. A preview does not know the report of a run to come. */
  readonly created: pulumi.Output<Record<string, StanzaCreateReport>>;
  /** Why each target on hold is on hold, by NAMESPACE/CLUSTER. */
  readonly held: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: StanzaCreationArgs, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:stanza:StanzaCreation", name, {}, options);

    const held: Record<string, pulumi.Output<string>> = {};
    const created: Record<string, pulumi.Output<StanzaCreateReport>> = {};
    for (const target of args.targets) {
      const cluster = formatObjectName(target.cluster);
      if (target.hold === undefined) {
        created[cluster] = this.#creation(cluster, target, args);
      } else {
        held[cluster] = new HeldTarget(target.cluster, target.hold, { parent: this }).reason;
      }
    }

    this.created = pulumi.output(created);
    this.held = pulumi.output(held);
    this.registerOutputs({ created: this.created, held: this.held });
  }

  #creation(
    cluster: string,
    target: StanzaCreationTarget,
    args: StanzaCreationArgs,
  ): pulumi.Output<StanzaCreateReport> {
    const { report } = step(
      "stanza create",
      cluster,
      {
        request: requestFor(target, args),
        triggers: [cluster, target.attempt, ...(target.uid === undefined ? [] : [target.uid])],
        seconds: wholeSeconds(target),
      },
      { parent: this },
    );
    return report;
  }
}

function requestFor(target: StanzaCreationTarget, args: StanzaCreationArgs): RequestOf<"stanza create"> {
  return {
    version: 1,
    kubernetes: args.kubernetes,
    cluster: target.cluster,
    ...(target.uid !== undefined && { uid: target.uid }),
    dump:
      target.dump === true
        ? {
            directory: args.dumpDirectory,
            maxAge: args.dumpMaxAge,
            ...(args.dumpBucket !== undefined && { bucket: args.dumpBucket }),
          }
        : target.dump,
    ...(target.firstBackup === true && { firstBackup: true }),
    timeLimits: target.timeLimits,
  };
}

/**
 * An upper bound for the command's own time limits: up to three rounds when the leader moves, each with an attempt to
 * create the stanza that is never cut short.
 */
function wholeSeconds({ firstBackup, timeLimits: limits }: StanzaCreationTarget): number {
  const backup = firstBackup === true ? limits.backup : 0;
  return 3 * (limits.dump + limits.create + 600) + limits.operator + backup + 10 * limits.info;
}

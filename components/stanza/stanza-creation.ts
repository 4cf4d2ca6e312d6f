import * as pulumi from "@pulumi/pulumi";
import type { DumpBucket } from "../../domain/dump/bucket.ts";
import type { Duration } from "../../domain/duration.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { LookedAt } from "../../domain/stack/look.ts";
import { nextRun, type NextRun } from "../../domain/stack/next-run.ts";
import type { Run, TimeLimits } from "../../domain/stanza/create.ts";
import { failureOfRun, lastRunSchema, type LastRun } from "../../domain/stanza/last-run.ts";
import type { RequestOf } from "../../domain/steps/steps.ts";
import { countedStep } from "../step.ts";
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
  /** Whether a stanza that was lost after a successful run is created again without being asked. */
  readonly repairAgain: boolean;
  /** How long each part may take. */
  readonly timeLimits: TimeLimits;
}

export interface StanzaCreationArgs {
  /** The Kubernetes cluster that the targets are in, with its UID if that is known. */
  readonly kubernetes: KubernetesAccess;
  /** Folder for the dumps, relative to the project, or `s3://BUCKET[/PREFIX]`. */
  readonly dumpDirectory: string;
  /** An earlier dump of the same instance that is not older is used again. */
  readonly dumpMaxAge: Duration;
  /** What must be true of the bucket that takes the dumps. Only when `dumpDirectory` is in S3. */
  readonly dumpBucket?: DumpBucket | undefined;
  readonly targets: readonly StanzaCreationTarget[];
  /** The report of each target's last run, by NAMESPACE/CLUSTER. */
  readonly last: Readonly<Record<string, LastRun | undefined>>;
  /** How the stanzas of finished targets are now, by NAMESPACE/CLUSTER. */
  readonly seen: ReadonlyMap<string, LookedAt>;
}

/**
 * Creates the missing pgBackRest stanza of each target, once per target and stack, with the same CLI command that a
 * person would run. A target runs again after a failure, and when `nextRun` says so. Removing a target or destroying the
 * stack leaves its stanza as it is.
 *
 * A run that fails is kept as its report, and then fails the update. So the outputs tell of every target, and those of the
 * other targets are not lost.
 */
export class StanzaCreation extends pulumi.ComponentResource {
  /** Report of each target's last run, by NAMESPACE/CLUSTER. A preview does not know the report of a run to come. */
  readonly runs: Readonly<Record<string, pulumi.Output<LastRun>>>;
  /** Why each target on hold is on hold, by NAMESPACE/CLUSTER. */
  readonly held: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: StanzaCreationArgs, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:stanza:StanzaCreation", name, {}, options);
    const held = args.targets.flatMap(({ cluster, hold }) =>
      hold === undefined
        ? []
        : [[formatObjectName(cluster), new HeldTarget(cluster, hold, { parent: this }).reason] as const],
    );
    const runs = args.targets
      .filter(({ hold }) => hold === undefined)
      .map((target) => [formatObjectName(target.cluster), this.#run(target, args)] as const);
    this.runs = Object.fromEntries(runs);
    this.held = Object.fromEntries(held);
    this.registerOutputs({ runs: this.runs, held: this.held });
    pulumi.all(this.runs).apply((known) => {
      const failed = Object.values(known).filter(({ outcome }) => outcome === "failed");
      if (failed.length > 0) throw programError(failed.map(({ cluster }) => cluster));
    });
  }

  #run(target: StanzaCreationTarget, args: StanzaCreationArgs): pulumi.Output<LastRun> {
    const name = formatObjectName(target.cluster);
    const { kubeSystemUid } = args.kubernetes;
    const next = nextRun(target, { last: args.last[name], kubeSystemUid, seen: args.seen.get(name) });
    const resource = countedStep(
      "stanza create",
      `create stanza ${name}`,
      { request: requestFor(target, args, next.run), seconds: wholeSeconds(target) },
      // The alias is the name that older versions gave it.
      { parent: this, aliases: [{ name }], retainOnDelete: true },
    );
    tell(resource, name, next);
    return resource.stdout.apply((text) => {
      const run = lastRunSchema.parse(JSON.parse(text));
      if (run.outcome === "failed") void pulumi.log.error(failureOfRun(run), resource);
      return run;
    });
  }
}

/** Shows beside the resource what a person must know. A refusal fails the program, once everything else is declared. */
function tell(resource: pulumi.Resource, name: string, { refusal, warning, why }: NextRun): void {
  if (why !== undefined) void pulumi.log.info(`runs again: ${why}`, resource, undefined, true);
  if (warning !== undefined) void pulumi.log.warn(warning, resource);
  if (refusal === undefined) return;
  void pulumi.log.error(refusal, resource);
  resource.urn.apply(() => {
    throw programError([name]);
  });
}

/**
 * Fails the program, and so the preview or update. Each target's own error is logged at its resource; to log one alone does
 * not fail a Node program.
 */
function programError(failed: readonly string[]): pulumi.RunError {
  const error = new pulumi.RunError(
    `not done: ${failed.join(", ")}; see above, and afterwards: postgres-recovery report --stack ${pulumi.getStack()}`,
  );
  // Pulumi prints the stack of an error that is thrown after the program's last line.
  error.stack = "";
  return error;
}

function requestFor(
  { cluster, dump, firstBackup, timeLimits, uid }: StanzaCreationTarget,
  { dumpBucket, dumpDirectory, dumpMaxAge, kubernetes }: StanzaCreationArgs,
  run: Run,
): RequestOf<"stanza create"> {
  return {
    version: 1,
    kubernetes,
    cluster,
    ...(uid !== undefined && { uid }),
    dump:
      dump === true
        ? { directory: dumpDirectory, maxAge: dumpMaxAge, ...(dumpBucket !== undefined && { bucket: dumpBucket }) }
        : dump,
    ...(firstBackup === true && { firstBackup: true }),
    timeLimits,
    run,
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

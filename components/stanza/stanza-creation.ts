import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { durationSeconds } from "../../domain/duration.ts";
import { stanzaCreateReportSchema, type KubernetesAccess, type StanzaCreateReport, type StanzaCreateRequest, type TimeLimits } from "../../domain/stanza-create.ts";
import { HeldTarget } from "./held-target.ts";

/** One cluster whose missing stanza is to be created. */
export interface StanzaCreationTarget {
  /** The PostgresCluster, as NAMESPACE/CLUSTER. */
  readonly cluster: string;
  /** `metadata.uid` of the PostgresCluster; nothing is done for another one of its name. Default: any. */
  readonly uid?: string | undefined;
  /** Why nothing is to be done yet; the target is then shown, and nothing runs. Default: it runs. */
  readonly hold?: string | undefined;
  /** `true` to dump all databases first, or the written reason for not doing so. */
  readonly dump: true | { readonly skip: string };
  /** Raised by a person to run the procedure again. */
  readonly attempt: number;
  /** How long each part may take. */
  readonly timeLimits: TimeLimits;
}

export interface StanzaCreationArgs {
  /** The Kubernetes cluster that the targets are in. */
  readonly kubernetes: KubernetesAccess;
  /** Folder for the dumps, relative to the project. */
  readonly dumpDirectory: string;
  readonly targets: readonly StanzaCreationTarget[];
}

/** The same text for every target, stack and machine: it goes into the state. The data goes in on stdin. */
const createCommand = "exec bin/postgres-recovery stanza create --request - --output json";
/** Keeps the first run's report when an input is edited: only `attempt` and `uid` run the procedure again. */
const keepReport = `printf %s "$PULUMI_COMMAND_STDOUT"`;

/**
 * Creates the missing pgBackRest stanza of each target, once per target per stack, with the very CLI command that a
 * person would run. Removing a target, or destroying the stack, leaves its stanza as it is.
 */
export class StanzaCreation extends pulumi.ComponentResource {
  /** Report of the run, by NAMESPACE/CLUSTER. Unknown in the preview of a run. */
  readonly created: pulumi.Output<Record<string, StanzaCreateReport>>;
  /** Targets on hold, with the reason, by NAMESPACE/CLUSTER. */
  readonly held: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: StanzaCreationArgs, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:stanza:StanzaCreation", name, {}, options);

    const held: Record<string, pulumi.Output<string>> = {};
    const created: Record<string, pulumi.Output<StanzaCreateReport>> = {};
    for (const target of args.targets) {
      if (target.hold === undefined) {
        created[target.cluster] = this.#creation(target, args).stdout.apply(parsedReport);
      } else {
        held[target.cluster] = new HeldTarget(target.cluster, target.hold, { parent: this }).reason;
      }
    }

    this.created = pulumi.output(created);
    this.held = pulumi.output(held);
    this.registerOutputs({ created: this.created, held: this.held });
  }

  #creation(target: StanzaCreationTarget, args: StanzaCreationArgs): local.Command {
    return new local.Command(
      target.cluster,
      {
        create: createCommand,
        update: keepReport,
        stdin: JSON.stringify(requestFor(target, args)),
        triggers: [target.cluster, target.attempt, ...(target.uid === undefined ? [] : [target.uid])],
        logging: local.Logging.Stderr,
      },
      { parent: this, customTimeouts: { create: `${wholeSeconds(target.timeLimits)}s` } },
    );
  }
}

function requestFor(target: StanzaCreationTarget, args: StanzaCreationArgs): StanzaCreateRequest {
  return {
    version: 1,
    kubernetes: args.kubernetes,
    cluster: target.cluster,
    ...(target.uid !== undefined && { uid: target.uid }),
    dump: target.dump === true ? { directory: args.dumpDirectory } : target.dump,
    timeLimits: target.timeLimits,
  };
}

/**
 * A last bound for the engine, far beyond what the command allows itself: three rounds when the leader moves, and a try
 * to create that is never cut short.
 */
function wholeSeconds(limits: TimeLimits): number {
  const seconds = (limit: string): number => durationSeconds(limit) ?? 0;
  return 3 * (seconds(limits.dump) + seconds(limits.create) + 600) + seconds(limits.operator) + 10 * seconds(limits.info);
}

function parsedReport(stdout: string): StanzaCreateReport {
  return stanzaCreateReportSchema.parse(JSON.parse(stdout));
}

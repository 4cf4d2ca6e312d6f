import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { durationSeconds } from "../../domain/duration.ts";
import { pgHbaReportSchema, type PgHbaReport, type PgHbaRequest } from "../../domain/harbor-steps.ts";
import { pgHbaLookReportSchema, type PgHbaLookRequest } from "../../domain/pg-hba-look.ts";
import type { KubernetesAccess } from "../../domain/stanza-create.ts";

export interface PgHbaArgs {
  /** The Kubernetes cluster that Harbor is in. */
  readonly kubernetes: KubernetesAccess;
  /** The HarborCluster, as NAMESPACE/NAME. */
  readonly cluster: string;
  /** The whole list of pg_hba. */
  readonly list: readonly string[];
  /** How long the Harbor operator may take to make the `postgresql` resource, such as `15m`. */
  readonly wait: string;
  /** The restore that makes the database anew: another one waits for its resource again. Default: none. */
  readonly restoreId?: string | undefined;
}

/** The same texts for every stack and machine: they go into the state. The data goes in on stdin. */
const command = (step: "fingerprint" | "pg-hba"): string => `exec bin/postgres-recovery harbor ${step} --request - --output json`;
/** Keeps the first run's report when an input is edited: only another trigger runs the step again. */
const keepReport = `printf %s "$PULUMI_COMMAND_STDOUT"`;

/**
 * Keeps the list of pg_hba in the `postgresql` resource that the Harbor operator makes and writes over.
 *
 * A command, and no `CustomResourcePatch`. Pulumi compares a Patch's inputs with those of the last `up`, and does not see
 * that the Harbor operator has put its own list back; only a refresh would show it. Here every preview and `up` looks at
 * the live list, and the step, a server-side apply with a field manager of its own, runs again when the fingerprint is
 * another one (domain/pg-hba-look.ts). A Patch would also take its lines out again on destroy; this leaves them. And a
 * person runs the same step by hand.
 */
export class PgHba extends pulumi.ComponentResource {
  /** What was found and done. */
  readonly report: pulumi.Output<PgHbaReport>;

  constructor(name: string, args: PgHbaArgs, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:harbor:PgHba", name, {}, options);
    const { cluster, kubernetes, list, wait } = args;
    const look: PgHbaLookRequest = { version: 1, kubernetes, cluster, pgHba: [...list] };
    const lookWaiting: PgHbaLookRequest = { ...look, wait };
    const write: PgHbaRequest = { ...look, timeLimit: wait };
    const common = { update: keepReport, logging: local.Logging.Stderr };
    const customTimeouts = { create: `${(durationSeconds(wait) ?? 0) + 600}s` };

    // A look before the resource is made would give another answer than the one after it, and a second `up` would act on it.
    const ready = new local.Command(
      `${name}-ready`,
      { ...common, create: command("fingerprint"), stdin: JSON.stringify(lookWaiting), triggers: [cluster, args.restoreId ?? ""] },
      { parent: this, customTimeouts },
    );
    const fingerprint = local
      .runOutput({ command: command("fingerprint"), stdin: JSON.stringify(look), logging: local.Logging.None }, { parent: this, dependsOn: ready })
      .stdout.apply((stdout) => pgHbaLookReportSchema.parse(JSON.parse(stdout)).fingerprint);
    const written = new local.Command(
      name,
      { ...common, create: command("pg-hba"), stdin: JSON.stringify(write), triggers: [cluster, list, fingerprint] },
      { parent: this, dependsOn: ready, customTimeouts },
    );
    this.report = written.stdout.apply((stdout) => pgHbaReportSchema.parse(JSON.parse(stdout)));
    this.registerOutputs({ report: this.report });
  }
}

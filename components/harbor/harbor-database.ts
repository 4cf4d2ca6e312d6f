import * as pulumi from "@pulumi/pulumi";
import type { Duration } from "../../domain/duration.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import type { LastRestore } from "../../domain/restore/finish.ts";
import type { Backup, Restore } from "../../domain/restore/restore.ts";
import type { DeclaredProof } from "../../domain/restore/proof/request.ts";
import type { RequestOf } from "../../domain/steps/steps.ts";
import { requiredPgHba } from "../../domain/harbor/pg-hba.ts";
import type { DatabaseKeys } from "../../domain/aws/access-keys.ts";
import { BackupReaders, BackupWriter } from "../backups/access.ts";
import { readersDuring, writerDuring } from "../backups/access-during-restore.ts";
import { ArtifactsBucket, DatabaseBackupsBucket, type BucketArgs } from "../backups/buckets.ts";
import { KeptSecrets, type KeptSecretsArgs } from "../secrets/kept-secrets.ts";
import { RestoredSecrets } from "../secrets/restored-secrets.ts";
import { kubernetesProvider } from "./kubernetes-provider.ts";
import { PgHba } from "./pg-hba.ts";
import { PodConfig } from "./pod-config.ts";
import { Preflight } from "./preflight.ts";
import { Proof, proofSummary } from "./proof.ts";
import { Roll } from "./roll.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";

export interface HarborDatabaseArgs {
  /** The Kubernetes cluster that Harbor is in. */
  readonly kubernetes: KubernetesAccess;
  /** The HarborCluster. */
  readonly cluster: ObjectName;
  /** Namespace of both operators, and of pod-config. */
  readonly operatorNamespace: string;
  /** Name of the ConfigMap with the Pods' environment. */
  readonly podConfig: string;
  /** Name of the Secret with the Pods' keys. */
  readonly podSecret: string;
  /** Where people reach Harbor. */
  readonly externalUrl: string;
  /** Image of the database's Pods. */
  readonly spiloImage: string;
  /** Where and how backups are written. */
  readonly backup: Backup;
  /** `artifacts` may be managed elsewhere. `databaseBackups` is created or adopted only on AWS. */
  readonly buckets: { readonly artifacts?: BucketArgs | undefined; readonly databaseBackups: BucketArgs };
  /** Whether to create IAM policies for the writer and the reader of the backups. */
  readonly iamPolicies: boolean;
  /** Which Secrets are kept, and where. `restore`: whether a restore puts them back first. */
  readonly secrets: Pick<
    KeptSecretsArgs,
    "adopt" | "also" | "kmsKeyId" | "recoveryWindowDays" | "region" | "replicas"
  > & {
    readonly restore: boolean;
    /** UID of the database whose Secrets are restored. Default: the UID of the restore, if it names one. */
    readonly restoreUid?: string | undefined;
  };
  /** Addresses at which this machine reaches AWS. Default: AWS's public addresses. */
  readonly endpointUrls?: { readonly s3?: string | undefined; readonly secretsManager?: string | undefined };
  /** Own lines of pg_hba, placed before the runbook's nine. */
  readonly ownPgHbaLines: readonly string[];
  /** The declared restore. Default: none. */
  readonly restore?: Restore | undefined;
  /** How long reading the backup before a restore may take. Default: it is not read. */
  readonly restoreReadTimeLimit?: Duration | undefined;
  /** What the last `up` left about a restore. Default: nothing. */
  readonly lastRestore?: LastRestore | undefined;
  /** Why a restore is ended although the database was not proven. Default: it is not. */
  readonly endUnprovenRestore?: string | undefined;
  /** How the restored database is proven. Needed with `restore`. */
  readonly proof?: DeclaredProof | undefined;
  /**
   * How long the operators may take to create the database's resource and Secrets, to apply pg_hba, and to recreate a
   * Pod.
   */
  readonly timeLimits: RequestOf<"harbor roll">["timeLimits"] & { readonly resource: Duration };
  /** Keys for each side whose credentials are `secret`. */
  readonly keys: pulumi.Output<DatabaseKeys>;
}

/**
 * The database of a Harbor, from its buckets to its secrets: everything that a person would type when following the
 * runbook of a restore.
 *
 * Nothing in the cluster is changed before the preflight has passed. Then the order is: the Secrets, the Pods'
 * environment, pg_hba (once the Harbor operator has created the database's resource), the Pods, after a restore the proof,
 * and last the copies of the Secrets.
 */
export class HarborDatabase extends pulumi.ComponentResource {
  /**
   * What was found and done, by subject. It contains no secret values. Each entry is an output of its own, so an entry
   * that a preview cannot know yet does not hide the others.
   */
  readonly report: Readonly<Record<string, pulumi.Input<unknown>>>;

  constructor(name: string, args: HarborDatabaseArgs, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:harbor:HarborDatabase", name, {}, options);
    const { cluster, kubernetes, operatorNamespace, restore, timeLimits } = args;
    const child = { parent: this };
    const pgHba = requiredPgHba(args.ownPgHbaLines);
    const hasPolicies = args.iamPolicies && args.backup.endpoint === undefined;
    const before: pulumi.Resource[] = this.#buckets(args);
    if (hasPolicies) {
      // Before the preflight, so that they can be attached when it says that access is denied.
      before.push(
        new BackupReaders("backup-readers", readersDuring(postgresqlName(cluster), args.backup, restore), child),
      );
    }
    const writer = writerDuring(postgresqlName(cluster), args.backup, restore);
    const createWriter = (dependsOn: pulumi.Resource[]): BackupWriter =>
      new BackupWriter("backup-writer", { writer }, { ...child, dependsOn });
    // The policy denies writing to the source of a restore. The preflight refuses a restore from the running database, so
    // it comes first: otherwise the policy would deny that database its own backups.
    const deniesSource = (writer.readOnlyUids ?? []).length > 0;
    // In all other cases the preflight tries to write with the Pods' keys, so the policy must exist to be attached.
    if (hasPolicies && !deniesSource) before.push(createWriter([]));
    const preflight = new Preflight(
      "preflight",
      {
        kubernetes,
        cluster,
        operator: {
          namespace: operatorNamespace,
          podConfig: args.podConfig,
          podSecret: args.podSecret,
          configuration: undefined,
        },
        image: args.spiloImage,
        pgHba,
        backup: args.backup,
        restore,
        lastRestore: args.lastRestore,
        endUnproven: args.endUnprovenRestore,
        readTimeLimit: args.restoreReadTimeLimit,
        restoresSecrets: restore !== undefined && args.secrets.restore,
        keys: args.keys,
        endpointUrl: args.endpointUrls?.s3,
      },
      { ...child, dependsOn: before },
    );
    if (hasPolicies && deniesSource) createWriter([preflight]);
    const { restore: isRestored, restoreUid, ...keeping } = args.secrets;
    const whose = {
      kubernetes,
      cluster,
      also: keeping.also,
      region: keeping.region,
      endpointUrl: args.endpointUrls?.secretsManager,
    };
    const restored =
      restore !== undefined && isRestored
        ? new RestoredSecrets(
            "restored-secrets",
            { ...whose, restoreId: restore.id, uid: restoreUid ?? uidOf(restore), timeLimit: timeLimits.resource },
            { ...child, dependsOn: preflight },
          )
        : undefined;
    const podConfig = new PodConfig(
      "pod-config",
      {
        podConfig: { namespace: operatorNamespace, name: args.podConfig },
        podSecret: { namespace: cluster.namespace, name: args.podSecret },
        backup: args.backup,
        restore,
        check: preflight.approvedCheck,
        instances: preflight.instances,
        keys: args.keys,
      },
      {
        ...child,
        provider: kubernetesProvider("kubernetes", kubernetes, child),
        dependsOn: restored === undefined ? [preflight] : [preflight, restored],
      },
    );
    const writtenPgHba = new PgHba(
      "pg-hba",
      {
        kubernetes,
        cluster,
        pgHba,
        image: args.spiloImage,
        externalUrl: args.externalUrl,
        timeLimit: timeLimits.resource,
        restoreId: restore?.id,
      },
      { ...child, dependsOn: podConfig },
    );
    const roll = new Roll(
      "roll",
      {
        kubernetes,
        cluster,
        podSecret: args.podSecret,
        timeLimits: { operator: timeLimits.operator, pod: timeLimits.pod },
        // The check is a new one whenever pod-config or a key in the pod Secret changes.
        whenever: [restore?.id ?? "", podConfig.data, writtenPgHba.report.finishedAt, preflight.approvedCheck],
      },
      { ...child, dependsOn: writtenPgHba },
    );
    const proof =
      restore === undefined || args.proof === undefined || args.proof.skip !== undefined
        ? undefined
        : new Proof(
            "proof",
            {
              kubernetes,
              cluster,
              restore,
              proof: args.proof,
              preflight: preflight.report,
              artifacts: args.buckets.artifacts,
              backup: args.backup,
              keys: args.keys,
              databaseUid: writtenPgHba.report.uid,
              endpointUrl: args.endpointUrls?.s3,
            },
            { ...child, dependsOn: roll },
          );
    // The copies are the last that is left of the lost database, so an unproven one must not replace them.
    const kept = new KeptSecrets(
      "kept-secrets",
      { ...keeping, ...whose, timeLimit: timeLimits.resource, restoreId: restore?.id },
      { ...child, dependsOn: proof ?? roll },
    );
    this.report = {
      restore: restore?.id ?? null,
      preflight: preflight.report.apply(({ verdict, findings }) => [
        verdict,
        ...findings.filter(({ severity }) => severity === "warn").map(({ where, what }) => `${where}: ${what}`),
      ]),
      restoredBackup: preflight.report.apply(({ backup, read }) => backup && { ...backup, read }),
      restoredSecrets: restored?.report.apply(outcomes) ?? {},
      podConfig: podConfig.data,
      pgHba: writtenPgHba.report.pgHba,
      leader: roll.report.leader,
      proof: proof?.report.apply(proofSummary) ?? whyUnproven(restore, args.proof),
      database: kept.report.cluster,
      keptSecrets: kept.report.apply(outcomes),
    };
    this.registerOutputs({ report: this.report });
  }

  #buckets({ backup, buckets: { artifacts, databaseBackups } }: HarborDatabaseArgs): pulumi.Resource[] {
    const child = { parent: this };
    const made = artifacts === undefined ? [] : [new ArtifactsBucket("artifacts", artifacts, child)];
    // AWS cannot create a bucket in another S3-compatible store.
    if (backup.endpoint !== undefined) return made;
    return [...made, new DatabaseBackupsBucket("database-backups", databaseBackups, child)];
  }
}

function uidOf({ source }: Restore): string | undefined {
  return "uid" in source ? source.uid : undefined;
}

/** Why there is no proof; null without a restore. */
function whyUnproven(restore: Restore | undefined, proof: DeclaredProof | undefined): string | null {
  return restore === undefined || proof?.skip === undefined ? null : `skipped: ${proof.skip}`;
}

/** The outcome for each Secret, by its name. */
function outcomes({
  secrets,
}: {
  readonly secrets: readonly { readonly name: string; readonly outcome: string }[];
}): Record<string, string> {
  return Object.fromEntries(secrets.map(({ name, outcome }) => [name, outcome]));
}

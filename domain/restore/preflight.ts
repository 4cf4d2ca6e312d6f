import { findingsAt, type Finding } from "../finding.ts";
import type { Gathered } from "../gathered.ts";
import { judgeNeighbours, type Neighbour } from "./neighbours.ts";
import { judgeOwnStore, type OwnStore } from "./own-store.ts";
import { targetOf, type Restore } from "./restore.ts";
import { identifiersIn } from "./backup-identifiers.ts";
import { judgeSources, placeToRestore, type GatheredPlace } from "./sources.ts";
import { judgeVolumes, type VolumeClaim } from "./volumes.ts";
import { leftoverFindings, type LivePodConfig } from "../harbor/pod-config-owners.ts";
import { formatObjectName, type ObjectName } from "../kubernetes/object-name.ts";
import { s3Url } from "../aws/s3-location.ts";
import { checkSpiloImage } from "../spilo/image.ts";
import { overlap } from "../spilo/path.ts";
import {
  checkZalandoConfiguration,
  type DeclaredForOperator,
  type ZalandoConfiguration,
} from "../harbor/zalando-operator.ts";

/** The new cluster's own backups. */
export type OwnPlace =
  /** No `postgresql` resource yet: it will get a UID of its own. */
  | { readonly kind: "not-made" }
  | {
      readonly kind: "made";
      readonly place: GatheredPlace;
      /** When the resource was created. */
      readonly created: number;
      /**
       * System identifier of its database, as Patroni keeps it in the annotation `initialize` of `<postgresql>-config`;
       * undefined as long as none was bootstrapped.
       */
      readonly systemIdentifier: string | undefined;
    };

/** What backups depend on, with or without a restore. */
export interface SetupFacts {
  readonly image: string;
  /** Whether the Pods access S3 through an IAM role, to write backups or to read those to restore. */
  readonly irsa: boolean;
  readonly operator: Gathered<{ readonly configuration: ZalandoConfiguration; readonly where: string }>;
  readonly declared: DeclaredForOperator;
  /** pod-config as it is; undefined when there is none yet. */
  readonly podConfig: Gathered<LivePodConfig | undefined>;
  /** Names of the keys that pod-config will have. */
  readonly podConfigKeys: readonly string[];
  /** The pod Secret as it is, whose keys override those of pod-config; undefined when there is none yet. */
  readonly podSecret: Gathered<LivePodConfig | undefined>;
  /** Names of the keys that it will have. */
  readonly podSecretKeys: readonly string[];
  /** The store of the new database's own backups; undefined when the operator's configuration is not known. */
  readonly ownStore: OwnStore | undefined;
  /** Namespace of the database, which is also that of the pod Secret. */
  readonly namespace: string;
}

/** Everything that the verdict depends on. Times are milliseconds since 1970. */
export interface PreflightFacts extends SetupFacts {
  readonly context: string;
  readonly restore: Restore;
  readonly now: number;
  /** The places in which Spilo will look, in its order (domain/spilo/path.ts, cloneLocations). */
  readonly sources: readonly GatheredPlace[];
  readonly own: Gathered<OwnPlace>;
  /** The HarborCluster whose database is restored. */
  readonly harbor: ObjectName;
  /** Every database of the operator, that of the HarborCluster included. */
  readonly databases: Gathered<readonly Neighbour[]>;
  /** The volumes of the HarborCluster's database, of the lost one and of the new one. */
  readonly claims: Gathered<readonly VolumeClaim[]>;
}

/** Whether the database's Pods will get what is declared. The Zalando operator ignores objects that its configuration does not name, and reports no error. */
export function judgeSetup(facts: SetupFacts, restore?: Restore): Finding[] {
  const { image, irsa, operator, declared } = facts;
  const findings = checkSpiloImage(image, { restoredMajor: restore?.postgresVersion, irsa });
  if ("found" in operator) {
    findings.push(...checkZalandoConfiguration(operator.found.configuration, declared, operator.found.where));
  } else {
    const at = findingsAt("the Zalando operator's configuration");
    findings.push(
      at.unknown("operator-configuration-unreadable", operator.failed, "make it readable, or say where it is"),
    );
  }
  if (facts.ownStore !== undefined) findings.push(...judgeOwnStore(facts.ownStore));
  return [...findings, ...judgeEnvironment(facts)];
}

/** What somebody else has set in pod-config or in the pod Secret, and what would remain there. */
function judgeEnvironment(facts: SetupFacts): Finding[] {
  const { podConfig, podConfigKeys, podSecret, podSecretKeys, declared, namespace } = facts;
  const configMap = `ConfigMap ${formatObjectName(declared.podConfig)}`;
  const secret = `Secret ${namespace}/${declared.podSecret}`;
  const findings: Finding[] = [];
  if ("failed" in podConfig) {
    const at = findingsAt(configMap);
    findings.push(at.unknown("pod-config-unreadable", podConfig.failed, "make it readable, then check again"));
  } else if (podConfig.found !== undefined) {
    findings.push(...leftoverFindings("pod-config", podConfig.found, podConfigKeys, configMap));
  }
  if ("failed" in podSecret) {
    const at = findingsAt(secret);
    findings.push(at.unknown("pod-secret-unreadable", podSecret.failed, "make it readable, then check again"));
  } else if (podSecret.found !== undefined) {
    findings.push(...leftoverFindings("pod-secret", podSecret.found, podSecretKeys, secret));
  }
  return findings;
}

/**
 * Whether the moment to restore to has come.
 *
 * @param now milliseconds since 1970.
 */
export function judgeTargetTime(restore: Pick<Restore, "targetTime">, now: number): Finding[] {
  const target = targetOf(restore);
  if (target === undefined || target <= now) return [];
  const fix = "leave it out to restore as far as the WAL goes";
  return [findingsAt("restore.targetTime").refuse("target-time-in-future", "is in the future", fix)];
}

/**
 * Whether the restore can be begun. What is not known is a finding of its own, never okay: Spilo answers a place without
 * backups, or one that it cannot read, with a crash loop, and half a configuration with an empty database.
 */
export function judgeRestore(facts: PreflightFacts): Finding[] {
  const { restore, now } = facts;
  const target = targetOf(restore);
  const findings = judgeSetup(facts, restore);
  findings.push(
    ...judgeTargetTime(restore, now),
    ...judgeSources(facts.sources, restore, target),
    ...judgeBootstrap(facts, target),
    ...judgeOwnPlace(facts),
    ...judgeClaims(facts),
    ...judgeNeighbours(facts.harbor, facts.databases, `ConfigMap ${formatObjectName(facts.declared.podConfig)}`),
  );
  return findings;
}

/** Spilo clones only into a cluster that was never bootstrapped; in any other it ignores every CLONE_ value and reports no error. */
function judgeBootstrap({ own, sources }: PreflightFacts, target: number | undefined): Finding[] {
  if ("failed" in own || own.found.kind === "not-made") return [];
  const { systemIdentifier, place } = own.found;
  if (systemIdentifier === undefined) return [];
  const source = placeToRestore(sources, target);
  const at = findingsAt(`the database that archives to ${s3Url(place.location)}`);
  if (source !== undefined && identifiersIn(source).includes(systemIdentifier))
    return [at.ok("restore-done", "is the restored one already: it has the system identifier of the backups")];
  return [
    at.refuse(
      "database-exists",
      "already exists and is not the backups' database: Spilo would ignore the restore and report no error",
      "delete the HarborCluster's postgresql resource with its volumes, if its data may be lost, and let the operators create it again",
    ),
  ];
}

/** Without knowing the resource it is not known which volumes are old; {@link judgeOwnPlace} says that it is not known. */
function judgeClaims({ claims, context, harbor, own }: PreflightFacts): Finding[] {
  if ("failed" in own) return [];
  const databaseCreated = own.found.kind === "made" ? own.found.created : undefined;
  return judgeVolumes({ context, harbor, claims, databaseCreated });
}

function judgeOwnPlace({ own, sources }: PreflightFacts): Finding[] {
  if ("failed" in own) {
    const at = findingsAt("the new cluster's own backups");
    return [at.unknown("own-place-unreadable", own.failed, "make it readable, then check again")];
  }
  if (own.found.kind === "not-made") return [];
  const { place, systemIdentifier } = own.found;
  const at = findingsAt(s3Url(place.location));
  const source = sources.find(({ location }) => overlap(location, place.location));
  if (source !== undefined) {
    return [
      at.refuse(
        "own-place-overlaps",
        `also holds the backups to restore (${s3Url(source.location)}): the new cluster would overwrite them`,
        "set wal_s3_bucket in the operator's configuration, and recreate the cluster so that it gets another UID",
      ),
    ];
  }
  if ("failed" in place.listing) {
    const what = `cannot be listed: ${place.listing.failed}`;
    return [at.unknown("own-place-unreadable", what, "correct the access, then check again")];
  }
  const { backups, incomplete, wal } = place.listing.found;
  if (backups.length === 0 && incomplete.length === 0 && wal.size === 0)
    return [at.ok("own-place-empty", "is empty, for the new cluster's own backups")];
  const identifiers = identifiersIn(place);
  const isItsOwn =
    systemIdentifier !== undefined &&
    identifiers.length === backups.length &&
    identifiers.every((identifier) => identifier === systemIdentifier);
  if (isItsOwn) return [at.ok("own-place-own", "holds backups of the running database alone")];
  return [
    at.refuse(
      "own-place-foreign",
      "is not empty, and may hold more than the running database's backups",
      "move its content away",
    ),
  ];
}

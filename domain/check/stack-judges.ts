import { bucketFindings, type DeclaredBucket } from "../backups/bucket-rules.ts";
import { alarmFindings } from "../backups/alarm-rules.ts";
import { outputCredentials } from "../credentials.ts";
import type { Finding } from "../finding.ts";
import { cloneFindings } from "../restore/clone-rules.ts";
import { restoreStepFindings } from "../restore/proof/stack-rules.ts";
import type { StepName } from "../steps/permissions.ts";
import { isPodConfig } from "../harbor/pod-config-check.ts";
import { stanzaStackFindings } from "../stanza/stack-rules.ts";
import type { RelatedResource, StackFinding, StackJudge } from "./resource.ts";
import { at, listAt, mappingAt, nameOf, parsed, requestOf, textAt } from "./reading.ts";

/** Every bucket that the stack creates, with its settings, which are resources of their own. */
export const buckets: StackJudge = (resources) =>
  resources.filter(isCreatedBucket).flatMap((bucket) => {
    const declared = declaredBucket(bucket, resources);
    return bucketFindings(declared, retainDays(bucket, resources)).map((finding) => ({ finding, urn: bucket.urn }));
  });

/** A bucket that is only looked up, as with `adopt`, has its settings elsewhere. */
function isCreatedBucket({ type, name, urn }: RelatedResource): boolean {
  const isLookedUp = urn.includes("postgres-recovery:backups:") && name.endsWith("-adopted");
  return /^aws:s3\/bucket(V2)?:/.test(type) && !isLookedUp;
}

function declaredBucket(bucket: RelatedResource, resources: readonly RelatedResource[]): DeclaredBucket {
  const settings = (kind: string): unknown[] =>
    resources
      .filter(({ type }) => new RegExp(`^aws:s3/${kind}(V2)?:`).test(type))
      .flatMap((setting) => (belongsTo(setting, bucket) ? [setting.props] : []));
  const has = (kind: string, holds: (props: unknown) => boolean): boolean => settings(kind).some(holds);
  const lock = settings("bucketObjectLockConfiguration").map((props) => at(props, "rule", "defaultRetention"))[0];
  return {
    where: nameOf(bucket),
    isVersioned: has("bucketVersioning", (props) => at(props, "versioningConfiguration", "status") === "Enabled"),
    isEncrypted: has("bucketServerSideEncryptionConfiguration", (props) => listAt(props, "rules").length > 0),
    isPrivate: has("bucketPublicAccessBlock", (props) => publicAccess.every((name) => at(props, name) === true)),
    hasOneOwner: has(
      "bucketOwnershipControls",
      (props) => at(props, "rule", "objectOwnership") === "BucketOwnerEnforced",
    ),
    policy: settings("bucketPolicy").map((props) => textAt(props, "policy"))[0],
    lockDays: daysOf(lock),
  };
}

const publicAccess = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];

/** By the resource that its property comes from, else by the bucket's name. */
function belongsTo(setting: RelatedResource, bucket: RelatedResource): boolean {
  const sources = setting.propertyDependencies["bucket"] ?? [];
  if (sources.length > 0) return sources.some(({ urn }) => urn === bucket.urn);
  return textAt(setting.props, "bucket") === textAt(bucket.props, "bucket");
}

function daysOf(retention: unknown): number | undefined {
  const days = at(retention, "days");
  if (typeof days === "number" && days > 0) return days;
  const years = at(retention, "years");
  return typeof years === "number" && years > 0 ? years * 365 : undefined;
}

/** Days for which the database keeps its backups, if they go to this bucket. */
function retainDays(bucket: RelatedResource, resources: readonly RelatedResource[]): number | undefined {
  for (const { props, type } of resources) {
    if (type !== "kubernetes:core/v1:ConfigMap") continue;
    const data = mappingAt(props, "data");
    if (!isPodConfig(Object.keys(data)) || data["WAL_S3_BUCKET"] !== textAt(bucket.props, "bucket")) continue;
    const days = Number(data["BACKUP_NUM_TO_RETAIN"]);
    if (Number.isInteger(days)) return days;
  }
  return undefined;
}

/** The runs of `stanza create`, and the targets on hold. */
export const stanzaTargets: StackJudge = (resources) => {
  const runs = resources.flatMap((resource) => {
    const step = requestOf(resource, "stanza create");
    return step === undefined ? [] : [{ ...step, where: nameOf(resource), urn: resource.urn }];
  });
  const held = resources.filter(({ type }) => type === "postgres-recovery:index:HeldTarget").map(({ name }) => name);
  const urns = new Map(runs.map(({ urn, where }) => [where, urn]));
  return stanzaStackFindings(runs, held).map((finding) => ({ finding, urn: urns.get(finding.where) ?? "" }));
};

/** The steps of a restore, and their order. */
export const restores: StackJudge = (resources) => {
  const findings = restoreStepFindings({
    restores: declaredRestores(resources).map(nameOf),
    proofs: running(resources, "restore verify").map(nameOf),
    keeps: running(resources, "secrets keep").map((resource) => ({
      where: nameOf(resource),
      after: waitedFor(resource),
    })),
  });
  return atTheirResource(findings, resources);
};

/** The CLONE_ values of pod-config, with and without a restore. Only a whole stack says whether one is declared. */
export const clones: StackJudge = (resources) => {
  if (!resources.some(isStack)) return [];
  const cloning = podConfigs(resources).filter(({ props }) =>
    Object.keys(mappingAt(props, "data")).some((key) => key.startsWith("CLONE_")),
  );
  const findings = cloneFindings({
    where: cloning.map(nameOf),
    restores: declaredRestores(resources).length > 0,
    isProven: () =>
      running(resources, "restore verify").some(
        ({ props }) => textAt(parsed(textAt(props, "stdout")), "verdict") === "proven",
      ),
  });
  return atTheirResource(findings, resources);
};

/** Whether a stack that switches backups on says who is told when they fail. */
export const alarms: StackJudge = (resources) => {
  if (!resources.some(isStack)) return [];
  const backups = podConfigs(resources).filter(({ props }) => "BACKUP_SCHEDULE" in mappingAt(props, "data"));
  return atTheirResource(alarmFindings(backups.map(nameOf), resources.filter(tellsSomebody).length), resources);
};

/** The outputs of a stack. They are known at the end of an update, and in a preview that changes nothing. */
export const outputs: StackJudge = (resources) =>
  resources
    .filter(isStack)
    .flatMap((stack) => outputCredentials(stack.props, nameOf(stack)).map((finding) => ({ finding, urn: stack.urn })));

function isStack({ type }: RelatedResource): boolean {
  return type === "pulumi:pulumi:Stack";
}

function podConfigs(resources: readonly RelatedResource[]): RelatedResource[] {
  return resources.filter(
    ({ props, type }) => type === "kubernetes:core/v1:ConfigMap" && isPodConfig(Object.keys(mappingAt(props, "data"))),
  );
}

function tellsSomebody({ props, type }: RelatedResource): boolean {
  if (/^kubernetes:monitoring\.coreos\.com\/\w+:PrometheusRule$/.test(type)) {
    const rules = listAt(props, "spec", "groups").flatMap((group) => listAt(group, "rules"));
    return rules.some((rule) => at(rule, "alert") !== undefined);
  }
  if (!/^aws:cloudwatch\/(metricAlarm|compositeAlarm):/.test(type)) return false;
  return at(props, "actionsEnabled") !== false && listAt(props, "alarmActions").length > 0;
}

function running(resources: readonly RelatedResource[], step: StepName): RelatedResource[] {
  return resources.filter((resource) => requestOf(resource, step) !== undefined);
}

/** The preflights of a restore. */
function declaredRestores(resources: readonly RelatedResource[]): RelatedResource[] {
  return running(resources, "restore check").filter((resource) => {
    const { request } = requestOf(resource, "restore check") ?? {};
    return at(request, "restore") !== undefined;
  });
}

function atTheirResource(findings: readonly Finding[], resources: readonly RelatedResource[]): StackFinding[] {
  const urns = new Map(resources.map((resource) => [nameOf(resource), resource.urn]));
  return findings.map((finding) => ({ finding, urn: urns.get(finding.where) ?? "" }));
}

/** The names of everything that a resource waits for, directly or through others. */
function waitedFor(resource: RelatedResource): Set<string> {
  const names = new Set<string>();
  const waiting = [resource];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const direct = [...next.dependencies, ...Object.values(next.propertyDependencies).flat()];
    const fresh = direct.filter((each) => !names.has(nameOf(each)));
    for (const each of fresh) names.add(nameOf(each));
    waiting.push(...fresh);
  }
  return names;
}

/** All of them. */
export const stackJudges: readonly StackJudge[] = [buckets, stanzaTargets, restores, clones, alarms, outputs];

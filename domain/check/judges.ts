import { commandCredentials, configMapCredentials, tagCredentials } from "../credentials.ts";
import { lifecycleFindings } from "../backups/bucket-rules.ts";
import type { Finding } from "../finding.ts";
import { patchFindings } from "../harbor/pg-hba-patch.ts";
import { checkPgHba } from "../harbor/pg-hba.ts";
import { checkPodConfig, isPodConfig } from "../harbor/pod-config-check.ts";
import { copyFindings, isCopy } from "../secrets/copy-rules.ts";
import { checkSpiloImage } from "../spilo/image.ts";
import { declaredClusterFindings } from "../stanza/declared-cluster.ts";
import { stanzaCommandFindings, stanzaTextFindings } from "../stanza/stack-rules.ts";
import type { JudgedResource, ResourceJudge } from "./resource.ts";
import { at, commandOf, listAt, mappingAt, nameOf, requestOf, textAt } from "./reading.ts";

const configMaps = ["kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:ConfigMapPatch"];
const postgresql = "kubernetes:acid.zalan.do/v1:postgresql";
const postgresqlPatch = `${postgresql}Patch`;

/** The environment of the database's Pods. */
export const podConfig: ResourceJudge = ({ props, type }) => {
  if (!configMaps.includes(type)) return [];
  const data = mappingAt(props, "data");
  return isPodConfig(Object.keys(data)) ? checkPodConfig(data) : [];
};

/** Any other ConfigMap, every command, and every resource with tags. */
export const credentials: ResourceJudge = (resource) => {
  const where = nameOf(resource);
  const tags = tagCredentials(mappingAt(resource.props, "tags"), where);
  const command = commandOf(resource);
  if (command !== undefined) return [...tags, ...commandCredentials(command.texts, command.environment, where)];
  const data = configMaps.includes(resource.type) ? mappingAt(resource.props, "data") : {};
  return isPodConfig(Object.keys(data)) ? tags : [...tags, ...configMapCredentials(data, where)];
};

/** Commands about stanzas. */
export const stanzas: ResourceJudge = (resource) => {
  const where = nameOf(resource);
  const texts = Object.values(commandOf(resource)?.texts ?? {});
  const inTexts = texts.flatMap((text) => stanzaTextFindings(text, where));
  const step = requestOf(resource, "stanza create");
  if (step === undefined) return inTexts;
  const timeLimit = resource.opts.customTimeouts.createSeconds;
  return [...inTexts, ...stanzaCommandFindings({ ...step, timeLimit }, where)];
};

/** Lists of pg_hba: in the step that writes one, and in a `postgresql` resource. */
export const pgHba: ResourceJudge = (resource) => {
  const step = requestOf(resource, "harbor pg-hba");
  if (step !== undefined) return checkedList(listAt(step.request, "pgHba"));
  if (![postgresql, postgresqlPatch].includes(resource.type)) return [];
  const list = listAt(resource.props, "spec", "patroni", "pg_hba");
  if (list.length === 0) return [];
  const annotations = at(resource.props, "metadata", "annotations");
  const patch = resource.type === postgresqlPatch ? patchFindings(mappingAt(annotations), nameOf(resource)) : [];
  return [...checkedList(list), ...patch];
};

function checkedList(list: readonly unknown[]): Finding[] {
  return list.length === 0 ? [] : checkPgHba(list.map(String));
}

/** Images of Spilo: in the preflight, in a HarborCluster, and in a `postgresql` resource. */
export const images: ResourceJudge = (resource) => {
  const step = requestOf(resource, "restore check");
  if (step !== undefined) return checkedPreflight(step.request);
  const path = imagePaths.find(({ type }) => type.test(resource.type))?.path;
  const image = path === undefined ? undefined : textAt(resource.props, ...path);
  return image === undefined ? [] : checkSpiloImage(image, { restoredMajor: undefined, irsa: false });
};

const imagePaths = [
  {
    type: /^kubernetes:goharbor\.io\/\w+:HarborCluster$/,
    path: ["spec", "database", "spec", "zlandoPostgreSql", "image"],
  },
  { type: /^kubernetes:acid\.zalan\.do\/v1:postgresql$/, path: ["spec", "dockerImage"] },
];

function checkedPreflight(request: unknown): Finding[] {
  const image = textAt(request, "image");
  if (image === undefined) return [];
  const version = at(request, "restore", "postgresVersion");
  return checkSpiloImage(image, {
    restoredMajor: typeof version === "number" ? version : undefined,
    irsa: ["backup", "restore"].some((side) => textAt(request, side, "credentials", "irsaRoleArn") !== undefined),
  });
}

/** PostgresClusters of PGO: whether they get backups. */
export const postgresClusters: ResourceJudge = (resource) => {
  const { props, type } = resource;
  if (!/^kubernetes:postgres-operator\.crunchydata\.com\/\w+:PostgresCluster$/.test(type)) return [];
  const declared = { metadata: mappingAt(props, "metadata"), spec: at(props, "spec") };
  return declaredClusterFindings(declared, nameOf(resource), new Date());
};

/** Secrets in AWS that hold copies of Harbor's, and their policies. */
export const copies: ResourceJudge = (resource) => {
  const { props, type } = resource;
  if (type === "aws:secretsmanager/secretPolicy:SecretPolicy") return copyOfPolicy(resource);
  if (type !== "aws:secretsmanager/secret:Secret") return [];
  const name = textAt(props, "name") ?? "";
  if (!isCopy(name)) return [];
  const days = at(props, "recoveryWindowInDays");
  return copyFindings({
    name,
    recoveryDays: typeof days === "number" ? days : undefined,
    policy: textAt(props, "policy"),
  });
};

function copyOfPolicy({ props }: JudgedResource): Finding[] {
  const [, name] = /:secret:(.+)-.{6}$/.exec(textAt(props, "secretArn") ?? "") ?? [];
  if (name === undefined || !isCopy(name)) return [];
  const findings = copyFindings({ name, recoveryDays: undefined, policy: textAt(props, "policy") });
  return findings.filter(({ code }) => code === "secret-copy-public");
}

/** The lifecycle of buckets. */
export const lifecycles: ResourceJudge = (resource) => {
  if (!/^aws:s3\/bucketLifecycleConfiguration(V2)?:/.test(resource.type)) return [];
  const rules = listAt(resource.props, "rules").map((rule) => ({
    id: textAt(rule, "id") ?? "",
    isEnabled: textAt(rule, "status") === "Enabled",
    expires: ["days", "date"].some((name) => Boolean(at(rule, "expiration", name))),
    classes: listAt(rule, "transitions").flatMap((each) => textAt(each, "storageClass") ?? []),
  }));
  return lifecycleFindings(rules, nameOf(resource));
};

/** All of them. */
export const resourceJudges: readonly ResourceJudge[] = [
  podConfig,
  credentials,
  stanzas,
  pgHba,
  images,
  postgresClusters,
  copies,
  lifecycles,
];

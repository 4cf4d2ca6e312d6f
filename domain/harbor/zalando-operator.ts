import { z } from "zod";
import type { FindingCodeOf } from "../catalogue/finding-codes.ts";
import { findingsAt, type Finding } from "../finding.ts";
import { harborSecretNameTemplate } from "./names.ts";
import type { ObjectName } from "../kubernetes/object-name.ts";

/**
 * The Zalando operator's own configuration, as far as backups and restores depend on it. An undefined value means that the
 * operator uses its default.
 */
export interface ZalandoConfiguration {
  readonly podEnvironmentConfigMap: string | undefined;
  readonly podEnvironmentSecret: string | undefined;
  readonly walS3Bucket: string | undefined;
  readonly awsRegion: string | undefined;
  readonly secretNameTemplate: string | undefined;
  readonly dockerImage: string | undefined;
  readonly pamRoleName: string | undefined;
  readonly enableOwnerReferences: boolean | undefined;
}

const text = z.string().min(1).optional().catch(undefined);
const yesOrNo = z.union([z.boolean(), z.stringbool()]).optional().catch(undefined);
const configMapData = z.object({
  pod_environment_configmap: text,
  pod_environment_secret: text,
  wal_s3_bucket: text,
  aws_region: text,
  secret_name_template: text,
  docker_image: text,
  pam_role_name: text,
  enable_owner_references: yesOrNo,
});
const crd = z.object({
  configuration: z.object({
    docker_image: text,
    kubernetes: z
      .object({
        pod_environment_configmap: text,
        pod_environment_secret: text,
        secret_name_template: text,
        enable_owner_references: yesOrNo,
      })
      .prefault({}),
    aws_or_gcp: z.object({ wal_s3_bucket: text, aws_region: text }).prefault({}),
    teams_api: z.object({ pam_role_name: text }).prefault({}),
  }),
});

/**
 * Reads the operator's configuration from the data of its ConfigMap (CONFIG_MAP_NAME), or from an OperatorConfiguration
 * resource (POSTGRES_OPERATOR_CONFIGURATION_OBJECT); it uses one of the two, never both.
 *
 * @throws ZodError when the OperatorConfiguration has no `configuration`.
 */
export function readZalandoConfiguration(
  source: { readonly configMapData: Readonly<Record<string, string>> } | { readonly operatorConfiguration: unknown },
): ZalandoConfiguration {
  const flat =
    "configMapData" in source
      ? configMapData.parse(source.configMapData)
      : flattened(crd.parse(source.operatorConfiguration));
  return {
    podEnvironmentConfigMap: flat.pod_environment_configmap,
    podEnvironmentSecret: flat.pod_environment_secret,
    walS3Bucket: flat.wal_s3_bucket,
    awsRegion: flat.aws_region,
    secretNameTemplate: flat.secret_name_template,
    dockerImage: flat.docker_image,
    pamRoleName: flat.pam_role_name,
    enableOwnerReferences: flat.enable_owner_references,
  };
}

function flattened({ configuration }: z.output<typeof crd>): z.output<typeof configMapData> {
  const { docker_image, kubernetes, aws_or_gcp, teams_api } = configuration;
  return { docker_image, ...kubernetes, ...aws_or_gcp, ...teams_api };
}

/** What the stack declares and the operator must agree with. */
export interface DeclaredForOperator {
  /** Namespace and name of the ConfigMap pod-config. */
  readonly podConfig: ObjectName;
  /** Name of the pod Secret, in the database's namespace. */
  readonly podSecret: string;
  /** Whether it contains keys. Without keys it exists only because the operator may require it. */
  readonly podSecretHasKeys: boolean;
  readonly backupBucket: string;
  /** Roles of the pam lines of pg_hba. */
  readonly pamRoles: readonly string[];
}

/**
 * Whether the operator uses what the stack declares. Otherwise it silently ignores all of it.
 *
 * @param where the object that was read, for the findings: `ConfigMap harbor-operator-ns/postgres-operator`.
 */
export function checkZalandoConfiguration(
  configuration: ZalandoConfiguration,
  declared: DeclaredForOperator,
  where: string,
): Finding[] {
  const at = findingsAt(where);
  const restart = "then restart the operator, which reads its configuration only at its start";
  const { namespace, name } = declared.podConfig;
  const fullName = `${namespace}/${name}`;
  const problems: Finding[] = [];
  const refuse = (code: FindingCodeOf<"refuse">, what: string, fix: string): void => {
    problems.push(at.refuse(code, what, fix));
  };

  // A name without a namespace means the operator's own namespace (pkg/spec/types.go), where pod-config is.
  if (![fullName, name].includes(configuration.podEnvironmentConfigMap ?? "")) {
    const has =
      configuration.podEnvironmentConfigMap === undefined
        ? "names no pod_environment_configmap"
        : "names a different pod_environment_configmap";
    refuse(
      "operator-pod-config-not-named",
      `${has}, so nobody reads pod-config`,
      `set pod_environment_configmap to ${fullName}, ${restart}`,
    );
  }
  const { podEnvironmentSecret } = configuration;
  if (podEnvironmentSecret !== declared.podSecret) {
    const fix = `set pod_environment_secret to ${declared.podSecret}, ${restart}`;
    const has =
      podEnvironmentSecret === undefined
        ? "names no pod_environment_secret"
        : "names a different pod_environment_secret";
    if (declared.podSecretHasKeys)
      refuse("operator-pod-secret-not-named", `${has}, so the database has no keys for S3`, fix);
    else if (podEnvironmentSecret !== undefined)
      problems.push(at.warn("operator-pod-secret-other", `${has}; it creates no database without that Secret`, fix));
  }
  if (configuration.walS3Bucket === undefined) {
    refuse(
      "operator-bucket-missing",
      "has no wal_s3_bucket, so a new database writes its backups to the place of the lost one's",
      `set wal_s3_bucket to ${declared.backupBucket}, ${restart}`,
    );
  } else if (configuration.walS3Bucket !== declared.backupBucket) {
    problems.push(
      at.warn(
        "operator-bucket-different",
        "has a different wal_s3_bucket; pod-config's WAL_S3_BUCKET takes precedence",
        `set wal_s3_bucket to ${declared.backupBucket}, ${restart}`,
      ),
    );
  }
  if (configuration.secretNameTemplate !== harborSecretNameTemplate) {
    refuse(
      "operator-secret-template-wrong",
      "has a different secret_name_template than Harbor, which then does not find its database's credentials",
      `set secret_name_template to ${harborSecretNameTemplate}, ${restart}`,
    );
  }
  const pamRole = configuration.pamRoleName ?? "zalandos";
  if (!declared.pamRoles.includes(pamRole)) {
    problems.push(
      at.warn(
        "operator-pam-role-unmatched",
        "has a pam_role_name that is in no pam line of pg_hba, so its members cannot log in",
        `add: hostssl all +${pamRole} all pam`,
      ),
    );
  }
  if (configuration.enableOwnerReferences === true) {
    refuse(
      "operator-owner-references",
      "has enable_owner_references, so it and the Harbor operator both claim the Secrets",
      `set enable_owner_references to false, ${restart}`,
    );
  }
  if (problems.length > 0) return problems;
  return [at.ok("operator-configured", "names pod-config, the pod Secret and wal_s3_bucket")];
}

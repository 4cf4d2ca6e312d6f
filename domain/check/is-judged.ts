import type { JudgedResource } from "./resource.ts";

/**
 * Whether a rule is about a resource of this type. Where there is none, nothing has been judged, which must not look like
 * good news.
 */
export function isJudged({ props, type }: JudgedResource): boolean {
  const isStackWithOutputs = type === "pulumi:pulumi:Stack" && Object.keys(props).length > 0;
  return "tags" in props || isStackWithOutputs || judgedTypes.some((pattern) => pattern.test(type));
}

const judgedTypes = [
  /^kubernetes:core\/v1:ConfigMap(Patch)?$/,
  /^kubernetes:acid\.zalan\.do\/v1:postgresql(Patch)?$/,
  /^kubernetes:goharbor\.io\/\w+:HarborCluster$/,
  /^kubernetes:postgres-operator\.crunchydata\.com\/\w+:PostgresCluster$/,
  /^command:(local|remote):Command$/,
  /^aws:s3\/bucket/,
  /^aws:secretsmanager\/secret/,
];

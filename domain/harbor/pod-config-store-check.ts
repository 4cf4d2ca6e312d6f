import { anyRegionPattern, awsRegionPattern, endpointProblem } from "../aws/s3-location.ts";
import type { Data, Problems } from "./pod-config-problems.ts";

/**
 * What backups and clones have in common: tools, region, endpoint, credentials.
 *
 * @param isWhole whether `data` includes the pod Secret's values; without them, missing credentials are not reported.
 */
export function checkStore(side: "" | "CLONE_", data: Data, isWhole: boolean, problems: Problems): void {
  const value = (name: string): string | undefined => data[side + name];
  for (const name of ["USE_WALG", "USE_WALG_BACKUP", "USE_WALG_RESTORE"]) {
    if (value(name) === undefined || value(name) === "true") continue;
    const what = "is not true: Spilo uses WAL-E, which cannot read WAL-G's backups";
    problems.refuse(side + name, "walg-value-not-true", what, "set it to true, in small letters");
  }
  const endpoints = ["AWS_ENDPOINT", "WALE_S3_ENDPOINT"].filter((name) => value(name));
  const regionPattern = endpoints.length > 0 ? anyRegionPattern : awsRegionPattern;
  if (!regionPattern.test(value("AWS_REGION") ?? "")) {
    const what = "is not a region: Spilo guesses one and gets it wrong (the region `loca`)";
    const fix = "give the bucket's region, such as eu-west-2";
    problems.refuse(`${side}AWS_REGION`, "store-region-invalid", what, fix);
  }
  for (const name of endpoints) {
    const text = value(name) ?? "";
    const plain = name === "WALE_S3_ENDPOINT" ? text.replace("+path://", "://") : text;
    const problem = endpointProblem(plain, value("WAL_S3_BUCKET") ?? "");
    if (problem === undefined) continue;
    const fix = "remove it for AWS, or give only scheme, host and port";
    problems.refuse(side + name, "store-endpoint-invalid", problem, fix);
  }
  checkCredentials(side, data, isWhole, problems);
}

function checkCredentials(side: "" | "CLONE_", data: Data, isWhole: boolean, problems: Problems): void {
  const id = `${side}AWS_ACCESS_KEY_ID`;
  const key = `${side}AWS_SECRET_ACCESS_KEY`;
  const role = `${side}AWS_ROLE_ARN`;
  const token = `${side}AWS_WEB_IDENTITY_TOKEN_FILE`;
  const given = (name: string): boolean => (data[name] ?? "") !== "";
  const requireBoth = (has: string, lacks: string): void => {
    if (!given(has) || given(lacks)) return;
    const what = `is missing beside ${has}: Spilo uses the node's own role instead and reports no error`;
    problems.refuse(lacks, "store-credentials-incomplete", what, "give both, or neither");
  };
  requireBoth(role, token);
  requireBoth(token, role);
  if (!isWhole) return;
  requireBoth(id, key);
  requireBoth(key, id);
  if (![id, key, role, token].some(given)) {
    const what = "is missing, and there is no role either: Spilo uses the node's own role and reports no error";
    const fix = `give ${id} and ${key} in the pod Secret, or ${role}`;
    problems.refuse(id, "store-credentials-missing", what, fix);
  }
}

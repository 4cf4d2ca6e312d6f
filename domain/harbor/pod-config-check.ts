import { looksLikeSecret } from "../credentials.ts";
import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";
import { parseSchedule, scheduleProblem } from "../spilo/schedule.ts";
import { holdsSecret, knownVariables, meantVariable, operatorAssigned } from "../spilo/variables.ts";
import { checkClone } from "./pod-config-clone-check.ts";
import { Problems, type Data } from "./pod-config-problems.ts";
import { checkStore } from "./pod-config-store-check.ts";

/** Variables that only a ConfigMap for Spilo's Pods has. */
const ofSpilo = /^(CLONE_|STANDBY_|USE_WALG|WAL_S3_BUCKET|WALG_|WALE_|BACKUP_(SCHEDULE|NUM_TO_RETAIN))/i;

/** Whether a ConfigMap is the environment of Spilo's Pods, by the names of its keys. */
export function isPodConfig(keys: readonly string[]): boolean {
  return keys.some((key) => ofSpilo.test(key));
}

/**
 * Everything wrong with the environment that the Pods get from pod-config and from the pod Secret. Spilo answers most
 * mistakes with an empty database and no error, so each is a refusal here (zalando/spilo configure_spilo.py).
 *
 * @param data of pod-config as Kubernetes holds it; anything but text is refused.
 * @param podSecret the decoded data of the pod Secret, whose keys override those of pod-config. Undefined when they are
 *   not known; then missing credentials are not reported.
 */
export function checkPodConfig(data: Readonly<Record<string, unknown>>, podSecret?: Data): Finding[] {
  const problems = new Problems(podSecret ?? {});
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(data)) {
    texts[key] = typeof value === "string" ? value : "";
    if (typeof value !== "string") {
      const fix = "put the value in quotes: Kubernetes takes nothing but text here";
      problems.found.push(problems.inConfigMap(key).refuse("pod-config-value-not-text", "is not text", fix));
    }
  }
  for (const key of Object.keys(texts)) {
    const at = problems.inConfigMap(key);
    problems.found.push(...nameFindings(key, texts, at), ...credentialFindings(key, texts[key] ?? "", at));
  }
  for (const key of Object.keys(podSecret ?? {})) {
    const at = problems.inSecret(key);
    problems.found.push(...nameFindings(key, podSecret ?? {}, at), ...overrideFindings(key, texts, at));
  }
  const environment = podEnvironment(texts, podSecret);
  checkBackup(environment, podSecret !== undefined, problems);
  checkClone(environment, podSecret !== undefined, problems);
  if (problems.found.length > 0) return problems.found;
  return [findingsAt("pod-config").ok("pod-config-sound", "only values that Spilo reads as they are meant")];
}

/**
 * The variables that a Pod gets. Those of the pod Secret come first, and the operator skips a key of pod-config whose
 * name is there already, in any case (postgres-operator k8sres.go, appendEnvVars).
 */
function podEnvironment(podConfig: Data, podSecret: Data = {}): Data {
  const names = new Set(Object.keys(podSecret).map((key) => key.toLowerCase()));
  const rest = Object.entries(podConfig).filter(([key]) => !names.has(key.toLowerCase()));
  return { ...Object.fromEntries(rest), ...podSecret };
}

function nameFindings(key: string, data: Data, at: FindingsAt): Finding[] {
  const findings: Finding[] = [];
  const twin = Object.keys(data).find((other) => other !== key && other.toLowerCase() === key.toLowerCase());
  if (twin !== undefined) {
    const what = `differs from ${twin} only in case: the operator takes one of the two`;
    findings.push(at.refuse("pod-config-key-twice", what, "keep the one in the right case"));
  }
  if (!knownVariables.has(key)) {
    const meant = meantVariable(key);
    const fix = meant === undefined ? "remove it" : `write ${meant}`;
    findings.push(at.refuse("pod-config-key-unknown", "is not a variable that Spilo reads", fix));
  }
  if (operatorAssigned.has(key)) {
    const what = "is set by the operator itself, which ignores this value";
    findings.push(at.warn("pod-config-key-overridden", what, "remove it"));
  }
  return findings;
}

function credentialFindings(key: string, value: string, at: FindingsAt): Finding[] {
  if (!holdsSecret(key) && !looksLikeSecret(value)) return [];
  const what = "is a credential, and a ConfigMap's values can be read in the StatefulSet";
  return [at.refuse("pod-config-credential", what, "move it to the pod Secret")];
}

function overrideFindings(key: string, podConfig: Data, at: FindingsAt): Finding[] {
  const overridden = Object.keys(podConfig).find((name) => name.toLowerCase() === key.toLowerCase());
  if (overridden === undefined) return [];
  const fix = "remove it from the Secret: kubectl edit";
  return [at.warn("pod-secret-key-overrides", `overrides ${overridden} of pod-config`, fix)];
}

function checkBackup(data: Data, isWhole: boolean, problems: Problems): void {
  if (data["USE_WALG_BACKUP"] === undefined && data["USE_WALG"] === undefined) {
    const what = "is missing, so the old WAL-E takes the backups";
    problems.refuse("USE_WALG_BACKUP", "walg-not-chosen", what, "set it to true");
  }
  const retain = data["BACKUP_NUM_TO_RETAIN"];
  if (retain !== undefined && !(/^\d+$/.test(retain) && Number(retain) >= 2)) {
    const fix = "give the days for which backups are kept";
    problems.refuse("BACKUP_NUM_TO_RETAIN", "backup-retention-invalid", "is not a whole number from 2 up", fix);
  }
  const schedule = data["BACKUP_SCHEDULE"];
  const scheduleIsWrong = schedule === undefined ? undefined : scheduleProblem(schedule);
  if (scheduleIsWrong !== undefined) {
    const fix = "write five fields that cron runs, such as 0 1 * * *";
    problems.refuse("BACKUP_SCHEDULE", "backup-schedule-invalid", scheduleIsWrong, fix);
  } else if (schedule !== undefined && parseSchedule(schedule).minutes.size > 1) {
    const what = "copies the whole database every few minutes, and each copy is kept for days";
    problems.warn("BACKUP_SCHEDULE", "backup-schedule-too-often", what, "once a day is usual");
  }
  for (const key of ["WAL_BUCKET_SCOPE_PREFIX", "WAL_BUCKET_SCOPE_SUFFIX"]) {
    if (data[key] === undefined) continue;
    const what =
      "replaces the UID in the path of every cluster's backups, so a new cluster overwrites those of the old one";
    problems.refuse(key, "backup-path-without-uid", what, "remove it");
  }
  checkStore("", data, isWhole, problems);
}

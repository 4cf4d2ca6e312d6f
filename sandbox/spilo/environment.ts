/**
 * The environment of the container, with the defaults that Spilo's start script gives to what is missing. An empty value is not missing: it stays empty.
 *
 * Source: postgres-appliance/scripts/configure_spilo.py, `get_placeholders`, of zalando/spilo 3.2-p3, 3.3-p3 and 4.0-p3.
 */
export class SpiloEnvironment {
  readonly #values: Readonly<Record<string, string>>;

  constructor(container: Readonly<Record<string, string>>) {
    const defaults = { ...fixedDefaults, ...homeDefaults(container), ...namespaceDefaults(container) };
    this.#values = { ...defaults, ...container };
  }

  /** The value, or an empty text. */
  get(name: string): string {
    return this.#values[name] ?? "";
  }

  /** Whether the value exists, even if it is empty. */
  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }
}

const fixedDefaults = {
  APIPORT: "8008",
  BACKUP_NUM_TO_RETAIN: "5",
  BACKUP_SCHEDULE: "0 1 * * *",
  CLONE_PORT: "5432",
  CLONE_TARGET_INCLUSIVE: "true",
  CLONE_TARGET_TIMELINE: "latest",
  HUMAN_ROLE: "zalandos",
  PGPORT: "5432",
  PGUSER_STANDBY: "standby",
  PGUSER_SUPERUSER: "postgres",
  RW_DIR: "/run",
  SCOPE: "dummy",
  WALE_BACKUP_THRESHOLD_MEGABYTES: "102400",
  WALE_BACKUP_THRESHOLD_PERCENTAGE: "30",
  WALG_DOWNLOAD_CONCURRENCY: "2",
  WALG_UPLOAD_CONCURRENCY: "2",
  WAL_RESTORE_TIMEOUT: "0",
};

/** The folders below the home of the user postgres. */
function homeDefaults(container: Readonly<Record<string, string>>): Record<string, string> {
  const home = container["PGHOME"] ?? "/run/home";
  const root = container["PGROOT"] ?? `${home}/pgroot`;
  return { PGHOME: home, PGROOT: root, PGDATA: `${root}/pgdata`, WALE_TMPDIR: root.replace(/\/[^/]*$/, "/tmp") };
}

/** Only a Patroni that keeps its state in the Kubernetes API puts the namespace into the path of the backups. */
function namespaceDefaults(container: Readonly<Record<string, string>>): Record<string, string> {
  const inKubernetes =
    container["KUBERNETES_SERVICE_HOST"] !== undefined && (container["DCS_ENABLE_KUBERNETES_API"] ?? "") !== "";
  const namespace = container["NAMESPACE"] ?? (inKubernetes ? (container["POD_NAMESPACE"] ?? "default") : "");
  const prefix = namespace === "" || namespace === "default" ? "" : `${namespace}-`;
  return { NAMESPACE: namespace, WAL_BUCKET_SCOPE_PREFIX: prefix, WAL_BUCKET_SCOPE_SUFFIX: "" };
}

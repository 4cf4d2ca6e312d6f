import { z } from "zod";
import { envdir, envdirPath, hasPlace, walgUse, type Envdir } from "./envdir.ts";
import { SpiloEnvironment } from "./environment.ts";

/** How Patroni makes a new database. `initdb` is an empty one. */
export type BootstrapMethod = "initdb" | "clone_with_wale" | "clone_with_basebackup";

export interface Bootstrap {
  /** The command that Patroni runs instead of initdb. */
  readonly command: string;
  /** Written by Patroni before it starts Postgres for the recovery. */
  readonly recoveryConf?: Readonly<Record<string, string | boolean>>;
}

/** What a database does with the place of its own backups. */
export interface OwnBackups {
  /** Fetches WAL, as its `restore_command`. */
  readonly restoreCommand: string;
  /** Patroni's method that makes a new replica from the newest base backup. */
  readonly replicaMethod: Readonly<Record<string, string | number>>;
  /** Deletes old base backups and makes one, if the database is the leader. The data directory follows as a parameter. */
  readonly backupCommand: string;
  /** When cron runs it. */
  readonly schedule: string;
}

/** What Spilo's start script makes of a container's environment. */
export interface SpiloStart {
  readonly method: BootstrapMethod;
  /** Absent with initdb. */
  readonly bootstrap?: Bootstrap;
  readonly pgHba: readonly string[];
  /** Patroni runs it as its last step with a new database, restored or empty. A connection string follows as a parameter. */
  readonly postInit: string;
  /** Postgres archives its WAL with this command. Without a place for backups it is `/bin/true`. */
  readonly archiveCommand: string;
  /** Absent without a place for backups. */
  readonly backups?: OwnBackups;
  readonly envdirs: readonly Envdir[];
  /** What the Pod's log would show. */
  readonly warnings: readonly string[];
}

export interface SpiloStartOptions {
  /** Major version of the database's programs. Default: 12. */
  readonly majorVersion?: string;
  /** The node's availability zone. Default: `local`, as Spilo calls it outside of a cloud. */
  readonly zone?: string;
}

/** The part of SPILO_CONFIGURATION that decides about pg_hba. */
const configurationSchema = z.object({
  postgresql: z.object({ pg_hba: z.array(z.string()).nullish() }).nullish(),
});

/**
 * Spilo's decisions at the start of a container: how a new database is made, from where, and what WAL-G gets to know.
 * Stores other than S3 and standby clusters are refused.
 *
 * @throws Error if the environment asks for something that is not imitated.
 */
export function spiloStart(
  container: Readonly<Record<string, string>>,
  { majorVersion = "12", zone = "local" }: SpiloStartOptions = {},
): SpiloStart {
  refuseOthers(container);
  const environment = new SpiloEnvironment(container);
  const warnings: string[] = [];
  const method = bootstrapMethod(environment, warnings);
  const bootstrap = bootstrapOf(method, environment);
  const archives = hasPlace(environment, "");
  const envdirs: Envdir[] = [];
  if (archives) envdirs.push(envdir(environment, "", majorVersion, zone));
  if (method === "clone_with_wale") envdirs.push(envdir(environment, "CLONE_", majorVersion, zone));
  const walPush = walgUse(environment, "").backup ? "wal-g" : "wal-e";
  return {
    method,
    ...(bootstrap !== undefined && { bootstrap }),
    postInit: `/scripts/post_init.sh "${environment.get("HUMAN_ROLE")}"`,
    pgHba: configuredPgHba(environment) ?? defaultPgHba(environment),
    ...(archives && { backups: ownBackups(environment) }),
    archiveCommand: archives ? `envdir "${envdirPath(environment, "")}" ${walPush} wal-push "%p"` : "/bin/true",
    envdirs,
    warnings,
  };
}

function refuseOthers(container: Readonly<Record<string, string>>): void {
  const other = /^(CLONE_)?(WAL_(GS|GCS|SWIFT)_BUCKET|WAL[EG]_(GS|GCS|SWIFT|AZ|SSH)_PREFIX)$|^STANDBY_(?!CLUSTER$)/;
  const found = Object.keys(container).filter((name) => other.test(name) && container[name] !== "");
  if (found.length > 0) throw new Error(`not imitated here: ${found.join(", ")}`);
}

function bootstrapMethod(environment: SpiloEnvironment, warnings: string[]): BootstrapMethod {
  const method = environment.get("CLONE_METHOD");
  if (method === "CLONE_WITH_WALE") {
    if (hasPlace(environment, "CLONE_")) return "clone_with_wale";
    warnings.push(
      "Cloning with WAL-E is only possible when CLONE_WALE_*_PREFIX or CLONE_WALG_*_PREFIX or CLONE_WAL_*_BUCKET and CLONE_SCOPE are set.",
    );
  } else if (method === "CLONE_WITH_BASEBACKUP") {
    const needed = ["CLONE_SCOPE", "CLONE_HOST", "CLONE_USER", "CLONE_PASSWORD"];
    if (needed.every((name) => environment.get(name) !== "")) return "clone_with_basebackup";
    warnings.push(
      "Clone method is set to basebackup, but no 'CLONE_SCOPE' or 'CLONE_HOST' or 'CLONE_USER' or 'CLONE_PASSWORD' specified",
    );
  }
  return "initdb";
}

function bootstrapOf(method: BootstrapMethod, environment: SpiloEnvironment): Bootstrap | undefined {
  switch (method) {
    case "initdb":
      return undefined;
    case "clone_with_basebackup":
      return { command: copyCommand(environment) };
    case "clone_with_wale": {
      const envdirectory = `envdir "${envdirPath(environment, "CLONE_")}"`;
      const target = environment.get("CLONE_TARGET_TIME");
      return {
        command: `${envdirectory} python3 /scripts/clone_with_wale.py --recovery-target-time="${target}"`,
        recoveryConf: recoveryConf(environment, envdirectory),
      };
    }
  }
}

function ownBackups(environment: SpiloEnvironment): OwnBackups {
  const envdirectory = `envdir "${envdirPath(environment, "")}"`;
  return {
    restoreCommand: restoreCommand(environment, envdirectory),
    replicaMethod: {
      command: `${envdirectory} bash /scripts/wale_restore.sh`,
      threshold_megabytes: Number(environment.get("WALE_BACKUP_THRESHOLD_MEGABYTES")),
      threshold_backup_size_percentage: Number(environment.get("WALE_BACKUP_THRESHOLD_PERCENTAGE")),
      retries: 2,
      no_master: 1,
    },
    backupCommand: `${envdirectory} /scripts/postgres_backup.sh`,
    schedule: environment.get("BACKUP_SCHEDULE"),
  };
}

function restoreCommand(environment: SpiloEnvironment, envdirectory: string): string {
  return `${envdirectory} timeout "${environment.get("WAL_RESTORE_TIMEOUT")}" /scripts/restore_command.sh "%f" "%p"`;
}

function copyCommand(environment: SpiloEnvironment): string {
  const passwordFile = environment.has("CLONE_PGPASS")
    ? environment.get("CLONE_PGPASS")
    : `${environment.get("PGHOME")}/.pgpass_${environment.get("CLONE_SCOPE")}`;
  const [host, port, user] = ["CLONE_HOST", "CLONE_PORT", "CLONE_USER"].map((name) => environment.get(name));
  return `python3 /scripts/clone_with_basebackup.py --pgpass=${passwordFile} --host=${host} --port=${port} --user="${user}"`;
}

/** Any text counts as true, also `false`; only an empty one does not. */
function recoveryConf(environment: SpiloEnvironment, envdirectory: string): Record<string, string | boolean> {
  const target = environment.get("CLONE_TARGET_TIME");
  return {
    restore_command: restoreCommand(environment, envdirectory),
    recovery_target_timeline: environment.get("CLONE_TARGET_TIMELINE"),
    recovery_target_action: environment.get("USE_PAUSE_AT_RECOVERY_TARGET") === "" ? "promote" : "pause",
    ...(target !== "" && { recovery_target_time: target }),
    ...(environment.get("CLONE_TARGET_INCLUSIVE") === "" && { recovery_target_inclusive: false }),
  };
}

function configuredPgHba(environment: SpiloEnvironment): string[] | undefined {
  const name = environment.has("SPILO_CONFIGURATION") ? "SPILO_CONFIGURATION" : "PATRONI_CONFIGURATION";
  if (environment.get(name) === "") return undefined;
  return configurationSchema.parse(JSON.parse(environment.get(name))).postgresql?.pg_hba ?? undefined;
}

function defaultPgHba(environment: SpiloEnvironment): string[] {
  const pam = environment.get("PAM_OAUTH2") === "" ? undefined : `+${environment.get("HUMAN_ROLE")}`;
  const standby = environment.get("PGUSER_STANDBY");
  const withoutTls = environment.get("ALLOW_NOSSL") !== "";
  const lines = [
    "local   all             all                                   trust",
    pam && `hostssl all             ${pam}    127.0.0.1/32       pam`,
    "host    all             all                127.0.0.1/32       md5",
    pam && `hostssl all             ${pam}    ::1/128            pam`,
    "host    all             all                ::1/128            md5",
    `local   replication     ${standby}                    trust`,
    `hostssl replication     ${standby} all                md5`,
    withoutTls ? undefined : "hostnossl all           all                all                reject",
    pam && `hostssl all             ${pam}    all                pam`,
    withoutTls
      ? "host    all             all                all                md5"
      : "hostssl all             all                all                md5",
  ];
  return lines.filter((line) => line !== undefined);
}

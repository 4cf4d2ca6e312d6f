import { join } from "node:path";
import { z } from "zod";
import { spiloLayout } from "../host/directory.ts";
import { withStandIns } from "../spilo/programs.ts";
import type { OwnBackups, SpiloStart } from "../spilo/start.ts";
import { harborContext } from "./objects.ts";
import type { SpiloPod } from "./spilo-pod.ts";

/** The part of SPILO_CONFIGURATION that is supported here, besides pg_hba. */
const spiloConfiguration = z.object({
  bootstrap: z.object({ dcs: z.looseObject({ postgresql: z.looseObject({}).default({}) }).prefault({}) }).prefault({}),
});

/** What Spilo sets for the whole cluster. The archiver has half an hour for a segment that nobody fills. */
const clusterParameters: Readonly<Record<string, unknown>> = {
  archive_mode: "on",
  archive_timeout: "1800s",
  wal_level: "hot_standby",
  wal_log_hints: "on",
  wal_compression: "on",
  hot_standby: "on",
};

interface PatroniPod {
  readonly directory: string;
  readonly pod: SpiloPod;
  readonly start: SpiloStart;
  readonly dataDirectory: string;
  /** The folder of Postgres' programs. */
  readonly bin: string;
}

/** Patroni's configuration, from Spilo's template. */
export function patroniConfig({ directory, pod, start, dataDirectory, bin }: PatroniPod) {
  const { namespace, name, address, number, environment } = pod;
  const files = spiloLayout(directory, number);
  const { dcs } = spiloConfiguration.parse(JSON.parse(environment["SPILO_CONFIGURATION"] ?? "{}")).bootstrap;
  const restApi = `${address}:8008`;
  const postgres = `${address}:5432`;
  return {
    scope: environment["SCOPE"],
    name,
    kubernetes: {
      context: harborContext,
      namespace,
      labels: z.record(z.string(), z.string()).parse(JSON.parse(environment["KUBERNETES_LABELS"] ?? "{}")),
      scope_label: environment["KUBERNETES_SCOPE_LABEL"],
      role_label: environment["KUBERNETES_ROLE_LABEL"],
      use_endpoints: true,
      // An Endpoints object accepts no loopback address. Nobody connects to this address.
      pod_ip: `10.0.0.${number}`,
    },
    restapi: { listen: restApi, connect_address: restApi },
    bootstrap: {
      dcs: {
        ttl: 30,
        // Spilo: 10.
        loop_wait: 5,
        retry_timeout: 10,
        maximum_lag_on_failover: 33_554_432,
        ...dcs,
        postgresql: {
          use_slots: true,
          ...dcs.postgresql,
          parameters: { ...clusterParameters, ...z.looseObject({}).parse(dcs.postgresql["parameters"] ?? {}) },
        },
      },
      initdb: ["data-checksums", "no-sync", { encoding: "UTF8" }],
      post_init: withStandIns(start.postInit),
      ...bootstrapMethod(start),
    },
    postgresql: {
      listen: postgres,
      connect_address: postgres,
      data_dir: dataDirectory,
      bin_dir: bin,
      pgpass: join(files.own, "pgpass"),
      pg_hba: start.pgHba.map(withoutPam),
      use_unix_socket: true,
      use_unix_socket_repl: true,
      // Spilo rewinds. Debian's pg_rewind refuses the data of PostgreSQL 12, so a member whose timeline is another is copied.
      use_pg_rewind: false,
      remove_data_directory_on_diverged_timelines: true,
      authentication: {
        superuser: { username: environment["PGUSER_SUPERUSER"], password: environment["PGPASSWORD_SUPERUSER"] },
        replication: { username: environment["PGUSER_STANDBY"], password: environment["PGPASSWORD_STANDBY"] },
      },
      parameters: {
        unix_socket_directories: files.own,
        archive_command: start.archiveCommand,
        ssl: "on",
        ssl_cert_file: files.certificate,
        ssl_key_file: files.key,
        shared_buffers: "16MB",
        fsync: "off",
        // As Spilo has it. The log outlives data that Patroni sets aside.
        logging_collector: "on",
        log_destination: "csvlog",
        log_directory: "../pg_log",
        log_filename: "postgresql-%u.log",
      },
      ...replicaMethods(start.backups),
    },
  };
}

function bootstrapMethod({ method, bootstrap }: SpiloStart) {
  if (bootstrap === undefined) return {};
  const { command, recoveryConf } = bootstrap;
  return {
    method,
    [method]: {
      command: withStandIns(command),
      ...(recoveryConf !== undefined && { recovery_conf: standInValues(recoveryConf) }),
    },
  };
}

function standInValues(values: Readonly<Record<string, string | boolean>>): Record<string, string | boolean> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? withStandIns(value) : value]),
  );
}

/** Without a place for backups, a replica is copied from the leader. */
function replicaMethods(backups: OwnBackups | undefined) {
  const copy = { basebackup: [{ checkpoint: "fast" }, "no-sync"] };
  if (backups === undefined)
    return { create_replica_methods: ["basebackup"], ...copy, wal_e: undefined, recovery_conf: undefined };
  const { replicaMethod, restoreCommand } = backups;
  return {
    create_replica_methods: ["wal_e", "basebackup"],
    wal_e: { ...replicaMethod, command: withStandIns(String(replicaMethod["command"])) },
    ...copy,
    recovery_conf: { restore_command: withStandIns(restoreCommand) },
  };
}

/** PostgreSQL 12 from npm was built without PAM and would not start. Here nobody can log in that way. */
function withoutPam(line: string): string {
  return line.replace(/\spam$/, " reject");
}

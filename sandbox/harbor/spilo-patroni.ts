import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { createFile, createFolder } from "../host/account.ts";
import type { Account } from "../host/account.ts";
import type { Certificates } from "../host/certificates.ts";
import { layout, spiloLayout } from "../host/directory.ts";
import { postgresBin } from "../host/packages.ts";
import { harborContext } from "./objects.ts";

/** What is known about a database Pod when its container starts. */
export interface SpiloPod {
  directory: string;
  namespace: string;
  name: string;
  /** The address of the Pod. */
  address: string;
  /** Unique among the Pods that run at the same time. */
  number: number;
  /** The id of the volume with its data. */
  volume: string;
  /** The container's environment with all references resolved. */
  environment: Record<string, string>;
}

/** The part of SPILO_CONFIGURATION that is supported here. */
const spiloConfiguration = z.object({
  postgresql: z.object({ pg_hba: z.array(z.string()).optional() }).default({}),
  bootstrap: z.object({ dcs: z.record(z.string(), z.unknown()).default({}) }).default({ dcs: {} }),
});

/** Spilo's default list. A list in SPILO_CONFIGURATION replaces it completely. */
const defaultHba = [
  "local all all trust",
  "host all all 127.0.0.1/32 md5",
  "hostssl replication standby all md5",
  "hostnossl all all all reject",
  "hostssl all all all md5",
];

/** The folder of a volume's data. */
export function dataFolder(directory: string, volume: string): string {
  return join(layout(directory).volumes, volume, "data");
}

/** While this file exists, a clone does not finish. */
function cloneHold(directory: string): string {
  return join(layout(directory).harbor, "hold-clones");
}

/** The folder of base backups, each at the path where Spilo would look for it in S3. They replace WAL-G's. */
export function baseBackups(directory: string): string {
  return join(layout(directory).harbor, "base-backups");
}

/** The environment of the container's processes. */
export function spiloEnvironment({ directory, number, volume, environment }: SpiloPod): Record<string, string> {
  const files = spiloLayout(directory, number);
  return {
    ...environment,
    // The operator's path is valid only inside the container.
    PGROOT: dirname(dataFolder(directory, volume)),
    PATH: `${postgresBin}:/usr/local/bin:/usr/bin:/bin`,
    LANG: "C.UTF-8",
    HOME: files.own,
    PGHOST: files.own,
    PGPORT: "5432",
    PGUSER: "postgres",
    KUBECONFIG: files.kubeconfig,
    PATRONICTL_CONFIG_FILE: files.patroniConfig,
  };
}

/** Writes the files from which Patroni and Postgres start, as Spilo's start script does, from the environment. */
export async function prepareSpilo(pod: SpiloPod, certificates: Certificates, account: Account): Promise<void> {
  const { directory, number, volume } = pod;
  const files = spiloLayout(directory, number);
  await createFolder(layout(directory).volumes, account, 0o711);
  await createFolder(join(layout(directory).volumes, volume), account);
  await createFile(files.certificate, await readFile(certificates.server.certificate, "utf8"), account);
  await createFile(files.key, await readFile(certificates.server.key, "utf8"), account);
  await createFile(files.patroniConfig, JSON.stringify(patroniConfig(pod), undefined, 2), account);
}

function patroniConfig(pod: SpiloPod) {
  const { directory, namespace, name, address, number, volume, environment } = pod;
  const files = spiloLayout(directory, number);
  const configuration = spiloConfiguration.parse(JSON.parse(environment["SPILO_CONFIGURATION"] ?? "{}"));
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
      dcs: { ttl: 30, loop_wait: 5, retry_timeout: 10, ...configuration.bootstrap.dcs },
      initdb: ["data-checksums", "no-sync", { encoding: "UTF8" }],
      ...cloneMethod(pod),
    },
    postgresql: {
      listen: postgres,
      connect_address: postgres,
      data_dir: dataFolder(directory, volume),
      bin_dir: postgresBin,
      pgpass: join(files.own, "pgpass"),
      pg_hba: configuration.postgresql.pg_hba ?? defaultHba,
      basebackup: [{ checkpoint: "fast" }, "no-sync"],
      use_unix_socket: true,
      use_unix_socket_repl: true,
      authentication: {
        superuser: { username: environment["PGUSER_SUPERUSER"], password: environment["PGPASSWORD_SUPERUSER"] },
        replication: { username: environment["PGUSER_STANDBY"], password: environment["PGPASSWORD_STANDBY"] },
      },
      parameters: {
        unix_socket_directories: files.own,
        ssl: "on",
        ssl_cert_file: files.certificate,
        ssl_key_file: files.key,
        shared_buffers: "16MB",
        fsync: "off",
      },
    },
  };
}

/** Spilo clones only if it knows a complete prefix. Otherwise it silently creates an empty database. */
function cloneMethod({ directory, environment }: SpiloPod) {
  const { CLONE_METHOD, CLONE_SCOPE, CLONE_WAL_S3_BUCKET, CLONE_WALG_S3_PREFIX, CLONE_WALE_S3_PREFIX } = environment;
  const prefixKnown = [CLONE_WALG_S3_PREFIX, CLONE_WALE_S3_PREFIX, CLONE_SCOPE && CLONE_WAL_S3_BUCKET].some(Boolean);
  if (CLONE_METHOD !== "CLONE_WITH_WALE" || !prefixKnown) return {};
  return {
    method: "clone_with_wale",
    clone_with_wale: {
      command: `sh ${join(import.meta.dirname, "clone-with-wale.sh")} ${cloneHold(directory)} ${baseBackups(directory)}`,
    },
  };
}

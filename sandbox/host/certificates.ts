import { chmod, chown, mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Account } from "./account.ts";
import { layout } from "./directory.ts";

/** The paths of a certificate and its key. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** The sandbox's certificates, all from one throw-away authority. */
export interface Certificates {
  authority: string;
  /** For etcd, the API servers and the kubelets. */
  server: KeyPair;
  /** The API servers use it to call etcd and the kubelets. */
  apiServerClient: KeyPair;
  /** For the repository hosts. */
  repository: KeyPair;
  /** pgBackRest on an instance uses it to call its repository host. */
  repositoryClient: KeyPair;
}

/** The name by which the repository hosts know their clients. */
export const repositoryClientName = "pgbackrest@client";

/** The sandbox's certificates, created if they do not exist. Only its user can read a key. */
export async function ensureCertificates(directory: string, account: Account): Promise<Certificates> {
  const folder = layout(directory).certificates;
  const pair = (name: string): KeyPair => ({
    certificate: join(folder, `${name}.crt`),
    key: join(folder, `${name}.key`),
  });
  const authority = pair("authority");
  const certificates: Certificates = {
    authority: authority.certificate,
    server: pair("server"),
    apiServerClient: pair("kube-apiserver-client"),
    repository: pair("repository"),
    repositoryClient: pair("repository-client"),
  };
  // This file is created last, so all exist when it does.
  if (await exists(certificates.repositoryClient.certificate)) return certificates;

  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
  await create(authority, "postgres-recovery sandbox", []);
  const signed = [
    "-CA",
    authority.certificate,
    "-CAkey",
    authority.key,
    "-addext",
    "subjectAltName=DNS:localhost,IP:127.0.0.1",
  ];
  await create(certificates.server, "kube-apiserver", signed);
  await create(certificates.apiServerClient, "kube-apiserver-client", signed);
  await create(certificates.repository, "pgbackrest@server", signed);
  await chown(certificates.repository.key, account.uid, account.gid);
  const client = {
    certificate: `${certificates.repositoryClient.certificate}.partial`,
    key: certificates.repositoryClient.key,
  };
  await create(client, repositoryClientName, signed);
  await chown(client.key, account.uid, account.gid);
  await rename(client.certificate, certificates.repositoryClient.certificate);
  return certificates;
}

async function create(pair: KeyPair, commonName: string, more: string[]): Promise<void> {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await execa("openssl", [
    "req",
    "-x509",
    ...curve,
    "-days",
    "365",
    "-subj",
    `/CN=${commonName}`,
    "-keyout",
    pair.key,
    "-out",
    pair.certificate,
    ...more,
  ]);
  await chmod(pair.key, 0o600);
  await chmod(pair.certificate, 0o644);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

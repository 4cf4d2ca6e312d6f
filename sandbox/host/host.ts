import { databaseAccount } from "./account.ts";
import type { Account } from "./account.ts";
import { ensureCertificates } from "./certificates.ts";
import type { Certificates } from "./certificates.ts";
import { layout } from "./directory.ts";
import { loadPorts } from "./ports.ts";
import type { Ports } from "./ports.ts";
import { Processes } from "./processes.ts";
import { loadSecrets } from "./secrets.ts";
import type { Secrets } from "./secrets.ts";

/** What all programs of one sandbox share on this machine. */
export interface Host {
  readonly directory: string;
  readonly processes: Processes;
  readonly ports: Ports;
  readonly certificates: Certificates;
  readonly secrets: Secrets;
  /** Owns and runs the databases. */
  readonly account: Account;
}

/** The host of the sandbox in this directory. The first call chooses its ports, secrets and certificates; later calls find the same ones. */
export async function loadHost(directory: string): Promise<Host> {
  const account = await databaseAccount();
  const [ports, certificates, secrets] = await Promise.all([
    loadPorts(directory),
    ensureCertificates(directory, account),
    loadSecrets(directory),
  ]);
  const processes = new Processes(layout(directory).processes);
  return { directory, processes, ports, certificates, secrets, account };
}

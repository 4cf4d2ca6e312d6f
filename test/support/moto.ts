import { spawn } from "node:child_process";
import { once } from "node:events";
import getPort from "get-port";
import { awsRegion } from "../../sandbox/aws/aws.ts";
import { ensureMoto } from "../../sandbox/aws/moto.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";

/** The emulator of AWS's APIs, without S3 and the rest of the sandbox. */
export interface Moto {
  /** Settings for a client of the AWS SDK in this process. */
  readonly settings: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly stop: () => Promise<void>;
}

/** Starts it, without any resource. */
export async function startMoto(): Promise<Moto> {
  const program = await ensureMoto(() => undefined);
  const port = await getPort();
  const moto = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    moto.kill("SIGKILL");
    if (moto.exitCode === null && moto.signalCode === null) await once(moto, "exit");
  };
  try {
    await waitUntil("moto", 60, async () => (await fetch(endpoint)).ok);
  } catch (error) {
    await stop();
    throw error;
  }
  const credentials = { accessKeyId: "EXAMPLE", secretAccessKey: "example" };
  return { settings: { region: awsRegion, endpoint, credentials }, stop };
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { awsEnvironment, ensureAws, startAws } from "../../sandbox/aws/aws.ts";
import { layout } from "../../sandbox/host/directory.ts";
import { loadPorts } from "../../sandbox/host/ports.ts";
import { Processes } from "../../sandbox/host/processes.ts";
import { loadSecrets } from "../../sandbox/host/secrets.ts";

/** The sandbox's AWS, without the rest of the sandbox. */
export interface TestAws {
  /** The environment variables of {@link awsEnvironment}. */
  readonly environment: Record<string, string>;
  readonly stop: () => Promise<void>;
}

/** Starts S3 and the emulator of the other AWS APIs in a new folder. */
export async function startTestAws(): Promise<TestAws> {
  const programs = await ensureAws((line) => {
    process.stderr.write(`    sandbox: ${line}\n`);
  });
  const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-aws-"));
  const [ports, secrets] = await Promise.all([loadPorts(directory), loadSecrets(directory)]);
  const processes = new Processes(layout(directory).processes);
  const stop = async (): Promise<void> => {
    await Promise.all(processes.names().map((name) => processes.stop(name, { signal: "SIGKILL" })));
    await rm(directory, { recursive: true });
  };
  try {
    await startAws({ directory, processes, ports, secrets }, programs);
  } catch (error) {
    await stop();
    throw error;
  }
  return { environment: awsEnvironment(ports, secrets), stop };
}

/** Settings for a client of the AWS SDK in this process. */
export function clientSettings(environment: Record<string, string>, service: "s3" | "other") {
  return {
    region: environment["AWS_REGION"] ?? "",
    endpoint: environment[service === "s3" ? "AWS_ENDPOINT_URL_S3" : "AWS_ENDPOINT_URL"] ?? "",
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
    forcePathStyle: true,
  };
}

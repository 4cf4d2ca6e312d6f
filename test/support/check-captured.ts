import { connectS3 } from "../../clients/aws/s3.ts";
import { restoreCheckRequestSchema, type RestoreCheckReport } from "../../domain/restore/check.ts";
import { recommendedImage } from "../../domain/spilo/image.ts";
import { checkRestore } from "../../operations/restore/check.ts";
import { FakeSurroundings } from "./fake-cluster.ts";
import { FakeHarbor } from "./fake-harbor.ts";
import { walgPrefix } from "./walg.ts";

/** How the check of {@link checkCaptured} asks. */
export interface HowToCheck {
  /** Address of S3. Default: that of the environment. */
  readonly endpoint?: string;
  /** Whether everything is downloaded. Default: no. */
  readonly read?: boolean;
  /** Default: five minutes. */
  readonly timeLimit?: string;
}

/** `restore check` of the bucket of `uploadCapturedBucket`, beside a Kubernetes cluster that has nothing against it. */
export async function checkCaptured(
  environment: Readonly<Record<string, string>>,
  { endpoint = environment["AWS_ENDPOINT_URL_S3"] ?? "", read = false, timeLimit = "5m" }: HowToCheck = {},
): Promise<RestoreCheckReport> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = environment;
  const region = environment["AWS_REGION"] ?? "";
  const s3 = connectS3({ region, endpoint, keys: { accessKeyId, secretAccessKey } });
  const store = { bucket: "harbor-database-backups", region, endpoint, credentials: "secret" };
  const [, scope, uid] = walgPrefix.split("/");
  const request = restoreCheckRequestSchema.parse({
    version: 1,
    kubernetes: { context: "test" },
    cluster: "harbor-cluster/harbor-cluster",
    image: recommendedImage,
    backup: store,
    restore: { ...store, id: "r1", scope, source: { uid }, postgresVersion: 12, versionInPath: true },
    read,
    timeLimit,
  });
  try {
    const clients = { harbor: new FakeHarbor(), source: s3, own: s3 };
    return await checkRestore(clients, request, new FakeSurroundings(Date.now()));
  } finally {
    s3.close();
  }
}

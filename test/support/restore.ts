import { recommendedImage } from "../../domain/spilo/image.ts";

/** The restore that the unit tests declare: of the database whose backups are below `walgPrefix`. */
export const declaredRestore = {
  id: "r1",
  scope: "postgresql-harbor-cluster-harbor-cluster",
  source: { uid: "99e85b8a-3f92-4c86-8d42-5056348c1e7e" },
  postgresVersion: 12,
  versionInPath: true,
  bucket: "bkt",
  region: "eu-west-2",
  credentials: "secret",
} as const;

/** What `restore check` is asked about it, as JSON. */
export const restoreRequest = {
  version: 1,
  kubernetes: { context: "test" },
  cluster: "harbor-cluster/harbor-cluster",
  image: recommendedImage,
  backup: { bucket: "bkt", region: "eu-west-2", credentials: "secret" },
  restore: declaredRestore,
  keys: { restore: { accessKeyId: "id", secretAccessKey: "canary-key" } },
} as const;

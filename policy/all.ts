import type { Policies } from "@pulumi/policy";
import * as buckets from "./buckets.ts";
import * as clone from "./clone.ts";
import * as credentials from "./credentials.ts";
import * as images from "./images.ts";
import * as notJudged from "./not-judged.ts";
import * as pgHba from "./pg-hba.ts";
import * as podConfig from "./pod-config.ts";
import * as postgresClusters from "./postgres-clusters.ts";
import * as restore from "./restore.ts";
import * as secrets from "./secrets.ts";
import * as stanza from "./stanza.ts";

/** Every policy, by its area. */
export const policiesByArea: Readonly<Record<string, Policies>> = {
  "pod-config: a restore": Object.values(clone),
  "pod-config: backups": Object.values(podConfig),
  Credentials: Object.values(credentials),
  pg_hba: Object.values(pgHba),
  "A restore": Object.values(restore),
  PostgresClusters: Object.values(postgresClusters),
  Stanzas: Object.values(stanza),
  "Copies of Secrets": Object.values(secrets),
  Buckets: Object.values(buckets),
  "The Spilo image": Object.values(images),
  "Values that are not known yet": Object.values(notJudged),
};

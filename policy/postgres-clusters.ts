import { postgresClusters } from "../domain/check/judges.ts";
import { resourcePolicy } from "./policy.ts";

// Clusters of Crunchy PGO.

export const postgresClusterUnreadable = resourcePolicy("postgres-cluster-unreadable", postgresClusters);
export const postgresClusterWithoutRepository = resourcePolicy("postgres-cluster-without-repository", postgresClusters);
export const postgresClusterWithoutSchedule = resourcePolicy("postgres-cluster-without-schedule", postgresClusters);
export const postgresClusterScheduleUnread = resourcePolicy("postgres-cluster-schedule-unread", postgresClusters);

// Without zod, so that `--help` stays quick.

/** The checks whose results can be sent. */
export const alarmChecks = ["stanza list", "harbor status"] as const;
export type AlarmCheck = (typeof alarmChecks)[number];

/** The namespace of CloudWatch's metrics, unless an option names another. */
export const metricsNamespace = "postgres-recovery";

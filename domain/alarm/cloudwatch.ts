/** One value for CloudWatch. CloudWatch stamps it with the time at which it arrives, so a wrong clock here does no harm. */
export interface CloudWatchValue {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: "Count" | "Seconds" | "None";
}

/** Where the values go unless an option names another namespace. */
export const metricsNamespace = "postgres-recovery";

/** How long the last proven delivery of a topic took. An alarm that treats missing data as breaching watches its age. */
export function deliveryValue(topic: string, seconds: number): CloudWatchValue {
  return { name: "postgres_recovery_alarm_delivery_seconds", dimensions: { topic }, value: seconds, unit: "Seconds" };
}

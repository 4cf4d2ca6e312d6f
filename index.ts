import { HeldTarget } from "./components/held-target.ts";
import { nameSourcesByPath } from "./components/source-positions.ts";
import { knownBefore } from "./components/stack/known-before.ts";
import { StanzaCreation } from "./components/stanza/stanza-creation.ts";
import { settingsFromPulumi, type PulumiSettings } from "./settings/from-pulumi.ts";
import type { HarborSettings } from "./settings/harbor.ts";

nameSourcesByPath();
const settings = await settingsFromPulumi();
const { kubernetes, last, seen } = await knownBefore(settings.kubernetes, settings.stanza.targets);
const stanza = new StanzaCreation("stanza", { kubernetes, ...settings.stanza, last: last.stanzas.targets, seen });

const outputs = {
  /** The Kubernetes cluster that all of this is about. */
  kubernetes: { context: kubernetes.context, kubeSystemUid: kubernetes.kubeSystemUid ?? null },
  /** The report of each target's last run, and why targets are on hold. */
  stanzas: { targets: stanza.runs, held: stanza.held },
};

/** Pulumi warns about an undefined output, so `harbor` and `alarm` are left out when the stack declares none. */
export default {
  ...outputs,
  /** What was found and done for Harbor's database, or why it is on hold. */
  ...(settings.harbor !== undefined && { harbor: await declareHarbor(settings.harbor) }),
  /** The topic that the checks report to, and the queue that proves it. */
  ...(settings.alarm !== undefined && { alarm: await declareAlarm(settings.alarm) }),
};

// The AWS and Kubernetes SDKs are big, so a stack without Harbor and without alarms does not load them.

async function declareHarbor({ hold, ...declared }: HarborSettings): Promise<object> {
  if (hold !== undefined) return { held: new HeldTarget(declared.cluster, hold).reason };
  const { HarborDatabase } = await import("./components/harbor/harbor-database.ts");
  return new HarborDatabase("harbor", {
    kubernetes,
    keys: settings.harborSecrets,
    lastRestore: last.harbor,
    ...declared,
  }).report;
}

async function declareAlarm(declared: NonNullable<PulumiSettings["alarm"]>): Promise<object> {
  const { Alarm } = await import("./components/alarm/alarm.ts");
  const { queueUrl, topicArn } = new Alarm("alarm", declared);
  return { topicArn, queueUrl };
}

import { alarms } from "./alarm.ts";
import { archiving } from "./archiving.ts";
import { argumentsAndSettings } from "./arguments.ts";
import { aws } from "./aws.ts";
import { drills } from "./drill.ts";
import { everyBackup } from "./every-backup.ts";
import { clone } from "./clone.ts";
import { dumps } from "./dump.ts";
import type { Explanations } from "./explanation.ts";
import { fleet } from "./fleet.ts";
import { harbor } from "./harbor.ts";
import { kubernetes } from "./kubernetes.ts";
import { ledger } from "./ledger.ts";
import { pgHba } from "./pg-hba.ts";
import { ownStore } from "./own-store.ts";
import { podConfig } from "./pod-config.ts";
import { proof } from "./proof.ts";
import { registry } from "./registry.ts";
import { reports } from "./report.ts";
import { restore } from "./restore.ts";
import { secrets } from "./secrets.ts";
import { spiloImage } from "./spilo-image.ts";
import { stack } from "./stack.ts";
import { stackRules } from "./stack-rules.ts";
import { stanza } from "./stanza.ts";
import { wal } from "./wal.ts";
import { zalandoOperator } from "./zalando-operator.ts";

/** The explanations by area, in the order of the page. */
export const areas: readonly { readonly title: string; readonly entries: Partial<Explanations> }[] = [
  { title: "Arguments, requests and settings", entries: argumentsAndSettings },
  { title: "Kubernetes", entries: kubernetes },
  { title: "S3 and AWS", entries: aws },
  { title: "Creating a stanza", entries: stanza },
  { title: "Pulumi stacks", entries: stack },
  { title: "Dumps", entries: dumps },
  { title: "Harbor's database", entries: harbor },
  { title: "pg_hba", entries: pgHba },
  { title: "The Spilo image", entries: spiloImage },
  { title: "The Zalando operator's configuration", entries: zalandoOperator },
  { title: "pod-config: backups", entries: podConfig },
  { title: "pod-config: a restore", entries: clone },
  { title: "The backup to restore", entries: restore },
  { title: "The WAL to restore", entries: wal },
  { title: "The store of the new backups", entries: ownStore },
  { title: "The proof of a restore", entries: proof },
  { title: "Archiving", entries: archiving },
  { title: "All backups of a place", entries: everyBackup },
  { title: "The ledger of proofs", entries: ledger },
  { title: "Drills of a restore", entries: drills },
  { title: "All clusters together", entries: fleet },
  { title: "Harbor's registry", entries: registry },
  { title: "Secrets and their copies", entries: secrets },
  { title: "What a stack declares", entries: stackRules },
  { title: "Alarms", entries: alarms },
  { title: "Reports", entries: reports },
];

/** Every error and every finding that is not `ok`, explained; the compiler finds one that is missing. */
export const explanations: Explanations = {
  ...argumentsAndSettings,
  ...reports,
  ...alarms,
  ...kubernetes,
  ...aws,
  ...stanza,
  ...stack,
  ...dumps,
  ...harbor,
  ...pgHba,
  ...spiloImage,
  ...zalandoOperator,
  ...podConfig,
  ...clone,
  ...restore,
  ...secrets,
  ...wal,
  ...ownStore,
  ...proof,
  ...archiving,
  ...everyBackup,
  ...ledger,
  ...drills,
  ...fleet,
  ...stackRules,
  ...registry,
};

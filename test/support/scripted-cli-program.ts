// The command that ScriptedCli installs. It runs in the project's folder.
import { appendFileSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { reportToKeep } from "../../domain/stanza/last-run.ts";
import { steps } from "../../domain/steps/steps.ts";
import type { Answers } from "./scripted-cli.ts";

const answers = JSON.parse(readFileSync("answers.json", "utf8")) as Answers;
const request: unknown = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(process.argv[2] === "stack" ? look() : create()));

function look(): object {
  const { clusters, kubernetes } = steps["stack look"].request.parse(request);
  const known = typeof answers.cluster === "string" ? { kubeSystemUid: answers.cluster } : { error: answers.cluster };
  const okay = { status: "okay", backups: { count: 1 } };
  const looked = clusters
    .map(formatObjectName)
    .map((cluster) => answers.looked?.[cluster] ?? { cluster, uid: "u", status: okay });
  return { version: 1, context: kubernetes.context, ...known, clusters: looked };
}

function create(): object {
  const { cluster, kubernetes, run } = steps["stanza create"].request.parse(request);
  if (run === undefined) throw new Error("a stack's request says which run it is");
  const kept = reportToKeep(process.env["PULUMI_COMMAND_STDOUT"], run);
  if (kept !== undefined) return kept;
  const name = formatObjectName(cluster);
  appendFileSync("runs.log", `${name}\n`);
  const failure = answers.failures?.[name];
  if (failure === "crash") process.exit(1);
  const at = new Date().toISOString();
  const common = { version: 1, context: kubernetes.context, cluster: name, startedAt: at, finishedAt: at, run };
  const where = { kubeSystemUid: kubernetes.kubeSystemUid };
  if (failure !== undefined) return { ...common, ...where, outcome: "failed", error: failure };
  return {
    ...common,
    ...where,
    outcome: "created",
    status: { status: "okay", backups: { count: 0 } },
    operator: "confirmed",
  };
}

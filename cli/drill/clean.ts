import { connectDrill } from "../../clients/kubernetes/drill.ts";
import type { Duration } from "../../domain/duration.ts";
import type { FoundDrill } from "../../domain/drill/report.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { drillsToRemove, listDrills, removeDrills } from "../../operations/drill/namespaces.ts";
import { confirm } from "../confirm.ts";
import { pasteable, rememberedPlace, rememberPlace } from "../hints.ts";
import type { CommonOptions } from "../options.ts";
import { outputWidth, printText } from "../output.ts";
import { kubernetesTarget, surroundingsOfProcess } from "../session.ts";
import { fittedTable } from "../table.ts";

type ListOptions = Omit<CommonOptions, "output"> & { readonly output: "table" | "json" };

export interface DrillCleanOptions extends ListOptions {
  readonly yes?: true | undefined;
  readonly removeTimeout: Duration;
}

async function connected(options: ListOptions) {
  const surroundings = surroundingsOfProcess();
  const target = kubernetesTarget(options);
  rememberPlace(target);
  return { surroundings, client: await connectDrill(target, surroundings.signal, surroundings.progress) };
}

/** `postgres-recovery drill list`; the result is the exit code. */
export async function drillList(options: ListOptions): Promise<number> {
  const { client, surroundings } = await connected(options);
  const report = await listDrills(client, surroundings);
  printText(options.output === "json" ? visibleJson(report) : listText(report, outputWidth()), options.color);
  return report.drills.some(({ state }) => state === "abandoned") ? 1 : 0;
}

/** `postgres-recovery drill clean`; the result is the exit code. */
export async function drillClean(names: readonly string[], options: DrillCleanOptions): Promise<number> {
  const { client, surroundings } = await connected(options);
  const list = await listDrills(client, surroundings);
  const chosen = drillsToRemove(list.drills, names);
  if (chosen.length > 0 && options.yes !== true) {
    const what = drillsTable(chosen, outputWidth());
    await confirm(what, `Delete ${countOf(chosen.length)} with everything in it?`, surroundings.signal);
  }
  const task = { chosen, areNamed: names.length > 0, limit: options.removeTimeout };
  const { left, removed } = await removeDrills(client, task, surroundings);
  const report: ReportOf<"drill clean"> = { ...list, removed, left };
  printText(options.output === "json" ? visibleJson(report) : cleanText(report), options.color);
  return left.length > 0 ? 4 : 0;
}

/** The table of `drill list`. */
export function listText({ drills, context }: ReportOf<"drill list">, width: number): string {
  if (drills.length === 0) return `no drill has a namespace in context ${context}`;
  const isLeft = drills.some(({ state }) => state === "abandoned");
  const next = `next: ${pasteable("postgres-recovery drill clean", rememberedPlace())}`;
  return [drillsTable(drills, width), ...(isLeft ? ["", next] : [])].join("\n");
}

function drillsTable(drills: readonly FoundDrill[], width: number): string {
  const rows = drills.map(({ namespace, state, created, cluster, source }) => [
    namespace,
    state,
    created,
    cluster,
    source,
  ]);
  return fittedTable(["NAMESPACE", "STATE", "CREATED", "CLUSTER", "RESTORED FROM"], rows, { width });
}

function cleanText({ left, removed }: ReportOf<"drill clean">): string {
  if (left.length === 0 && removed.length === 0) return "nothing to remove";
  return [
    ...removed.map((name) => `removed ${name}`),
    ...left.map((name) => `still there: ${name} (kubectl get namespace ${name} -o yaml says why)`),
  ].join("\n");
}

function countOf(count: number): string {
  return count === 1 ? "this namespace" : `these ${count} namespaces`;
}

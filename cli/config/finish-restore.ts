import { RecoveryError } from "../../domain/errors.ts";
import { podConfigData } from "../../domain/harbor/pod-config.ts";
import { cloneValues, endsUnproven } from "../../domain/restore/finish.ts";
import type { Restore } from "../../domain/restore/restore.ts";
import type { ConfigFinishRestoreReport } from "../../domain/stack/config-edit.ts";
import { outputsIn } from "../../domain/stack/report.ts";
import { visibleJson, visibleLine } from "../../domain/visible-text.ts";
import { writtenReason } from "../../domain/written-reason.ts";
import { gathered } from "../../operations/gathered.ts";
import type { HarborSettings } from "../../settings/harbor.ts";
import type { StackEdit } from "../../settings/stack-edit.ts";
import { printText } from "../output.ts";
import { storedOutputs } from "../report/report.ts";
import { surroundingsOfProcess } from "../session.ts";
import {
  editedStack,
  hasRestoreKeys,
  openedStack,
  settingsIn,
  writtenStack,
  type EditOptions,
  type OpenedStack,
} from "./edited.ts";
import { projectAt, shownPath, theFileOf } from "./project.ts";

export interface FinishRestoreOptions extends EditOptions {
  readonly stack?: string | undefined;
  readonly state?: string | undefined;
  readonly reason?: string | undefined;
  readonly output: "table" | "json";
}

/** `postgres-recovery config finish-restore`; the result is the exit code. */
export async function configFinishRestore(options: FinishRestoreOptions): Promise<number> {
  const reason = reasonOf(options.reason);
  const project = await projectAt(process.cwd());
  const file = theFileOf(project, options.stack);
  const opened = await openedStack(project.name, file);
  const { harbor, restore } = declaredRestore(opened);
  const { signal } = surroundingsOfProcess();
  const outputs = await gathered(storedOutputs({ stack: options.stack ?? file[0], state: options.state }), signal);
  if ("failed" in outputs && reason === undefined) throw unknownProof(restore, outputs.failed);
  const proven = "failed" in outputs ? null : isProven(harbor, restore, outputs.found);
  if (proven === false && reason === undefined) throw notProven(restore, opened.stack);
  const written = proven === true ? undefined : reason;
  const edit = editedStack(opened, [...edits(harbor, written)]);
  const outcome = await writtenStack(opened, edit, options, signal);
  const report: ConfigFinishRestoreReport = {
    version: 1,
    stack: opened.stack,
    file: shownPath(opened.path),
    outcome,
    diff: edit.diff,
    next: nextSteps(opened),
    restore: restore.id,
    proven,
    reason: written ?? null,
  };
  printText(options.output === "json" ? visibleJson(report, 2) : finishText(report));
  return 0;
}

function reasonOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const { data, error } = writtenReason.safeParse(text);
  if (data !== undefined) return data;
  throw new RecoveryError("arguments-invalid", `--reason: ${error.issues[0]?.message ?? "is not valid"}`);
}

function declaredRestore(opened: OpenedStack): { readonly harbor: HarborSettings; readonly restore: Restore } {
  const { harbor } = settingsIn(opened);
  if (harbor?.restore !== undefined) return { harbor, restore: harbor.restore };
  throw new RecoveryError("restore-not-declared", `${shownPath(opened.path)} declares no restore`, {
    next: "name the stack that declares one, with --stack",
  });
}

/**
 * Whether the last `up` proved a restore with the very values of this section: by the rule by which the check before a
 * restore refuses to end an unproven one.
 */
function isProven({ backup }: HarborSettings, restore: Restore, outputs: unknown): boolean {
  const { harbor: last } = outputsIn(outputs);
  return !endsUnproven(cloneValues(podConfigData(backup, restore)), last);
}

/** One reason after the other: the setting stays from an earlier restore until somebody removes it. */
function edits({ endUnprovenRestore }: HarborSettings, reason: string | undefined): StackEdit[] {
  const removed: StackEdit[] = [{ kind: "remove", path: ["harbor", "restore"] }];
  const path = ["harbor", "endUnprovenRestore"] as const;
  if (endUnprovenRestore !== undefined) removed.push({ kind: "remove", path });
  return reason === undefined ? removed : [...removed, { kind: "set", path, value: reason }];
}

function unknownProof({ id }: Restore, why: string): RecoveryError {
  return new RecoveryError("stack-outputs-missing", `whether the restore ${id} is proven is not known: ${why}`, {
    next: "give an exported state with --state, or a reason with --reason",
  });
}

function notProven({ id }: Restore, stack: string): RecoveryError {
  return new RecoveryError(
    "restore-not-proven",
    `the outputs of the stack ${stack} do not say that the restore ${id}, as it is declared, is proven`,
    { next: `prove it: pulumi up --stack ${stack}; or end it nevertheless, with --reason` },
  );
}

function nextSteps(opened: OpenedStack): string[] {
  const { project, stack } = opened;
  const steps = [`remove the CLONE_ values from the cluster: pulumi up --stack ${stack}`];
  if (hasRestoreKeys(opened))
    steps.push(
      `then remove the keys that could read the old backups: pulumi config rm --stack ${stack} --path ${project}:harborSecrets.restore`,
    );
  return steps;
}

function finishText({ diff, file, next, outcome, proven, reason, restore }: ConfigFinishRestoreReport): string {
  const why = proven === true ? "proven" : `unproven, because: ${reason ?? ""}`;
  const what =
    outcome === "written"
      ? `the restore ${restore} is finished (${why})`
      : `nothing was written (--dry-run); the restore ${restore} would be finished (${why})`;
  return [
    ...(outcome === "written" ? [] : [diff, ""]),
    visibleLine(`${file}: ${what}`),
    ...next.map((step) => visibleLine(`next: ${step}`)),
  ].join("\n");
}

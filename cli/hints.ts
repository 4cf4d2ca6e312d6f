import type { KubernetesTarget } from "../clients/kubernetes/api.ts";
import { stepPermissions } from "../domain/steps/permissions.ts";

/** What a hint has to repeat, so that the command in it goes to the same Kubernetes cluster when it is pasted. */
export interface Place extends Partial<Pick<KubernetesTarget, "context" | "kubeconfig">> {
  /** The namespace to which `stanza list` was limited. All other commands name it with their cluster. */
  readonly namespace?: string | undefined;
}

const steps = Object.keys(stepPermissions).join("|");
const ownCommand = new RegExp(`postgres-recovery (?:${steps})(?: [-a-z0-9]+/[-a-z0-9]+)?(?![-a-z/])`, "g");
const listCommand = "postgres-recovery stanza list";
const kubectlCommand = /kubectl --context \S+/g;

/**
 * A text in which every command names its Kubernetes cluster as the options of this run did.
 *
 * @example pasteable("list all clusters: postgres-recovery stanza list", { context: "dev" })
 * // → "list all clusters: postgres-recovery stanza list --context dev"
 */
export function pasteable(text: string, { context, kubeconfig, namespace }: Place): string {
  const options: [option: string, value: string | undefined][] = [
    ["--context", context],
    ["--kubeconfig", kubeconfig],
  ];
  const completed = (command: string, offset: number, whole: string): string => {
    const rest = whole.slice(offset + command.length).split(/[\n`]/, 1)[0] ?? "";
    const limited: typeof options = command === listCommand ? [["-n", namespace]] : [];
    const words = `${command}${rest}`.split(/[ =]/);
    const missing = [...limited, ...options].filter(
      ([option, value]) => value !== undefined && !words.includes(option),
    );
    return [command, ...missing.map(([option, value]) => `${option} ${quoted(value ?? "")}`)].join(" ");
  };
  return text.replaceAll(ownCommand, completed).replaceAll(kubectlCommand, completed);
}

/**
 * A word as a shell reads it.
 *
 * @example quoted("it's") // → "'it'\\''s'"
 */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** What to do after an interruption: the same again. */
export function againHint(parameters: readonly string[]): string {
  if (parameters.includes("--request")) return "run `pulumi up` again; it continues from what exists";
  return `run it again; it continues from what exists: ${["postgres-recovery", ...parameters.map(quoted)].join(" ")}`;
}

let place: Place = {};

/** Remembers the Kubernetes cluster of this run for the hint of an error, which is printed far from the options. */
export function rememberPlace({ context, kubeconfig }: Place): void {
  place = { context, ...(kubeconfig !== undefined && { kubeconfig }) };
}

/** The place of this run; empty before it is known. */
export function rememberedPlace(): Place {
  return place;
}

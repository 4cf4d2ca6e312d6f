import { z } from "zod";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { didYouMean, orElse } from "../../domain/similar.ts";
import { KubeConfig } from "./lean-kubeconfig.ts";

/** Which kubeconfig to read, and which of its contexts to use. */
export interface KubeconfigChoice {
  /** Default: the variable KUBECONFIG, else ~/.kube/config, else the service account of the Pod that runs this program. */
  readonly kubeconfig?: string | undefined;
  /** Default: the kubeconfig's current context. */
  readonly context: string | undefined;
}

const otherKubeconfig = "check --kubeconfig and the variable KUBECONFIG";

/**
 * Reads the kubeconfig and chooses its context.
 *
 * @throws RecoveryError `usage` when there is no kubeconfig, or when it or the context cannot be used. Its content is never
 * quoted, because it holds credentials.
 */
export function loadKubeconfig({ kubeconfig, context }: KubeconfigChoice): KubeConfig {
  const config = readKubeconfig(kubeconfig);
  chooseContext(config, context, sourceOf(kubeconfig));
  return config;
}

/** The names of the kubeconfig's contexts. It throws the errors of {@link loadKubeconfig}. */
export function contextsOf(kubeconfig: string | undefined): string[] {
  return readKubeconfig(kubeconfig)
    .getContexts()
    .map(({ name }) => name);
}

function sourceOf(kubeconfig: string | undefined): string {
  return kubeconfig ?? process.env["KUBECONFIG"] ?? "~/.kube/config";
}

function readKubeconfig(kubeconfig: string | undefined): KubeConfig {
  const config = new KubeConfig();
  const source = sourceOf(kubeconfig);
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw new RecoveryError("kubeconfig-unusable", `the kubeconfig ${source} cannot be used: ${readProblem(error)}`, {
      next: otherKubeconfig,
      ...(isFileProblem(error) && { cause: error }),
    });
  }
  // The library's name for the server http://localhost:8080, which it silently falls back to.
  if (config.getCurrentContext() === "loaded-context") {
    throw new RecoveryError(
      "kubeconfig-missing",
      "there is no kubeconfig: the variable KUBECONFIG is not set, and ~/.kube/config does not exist",
      { next: "name one with --kubeconfig, or set KUBECONFIG" },
    );
  }
  return config;
}

function chooseContext(config: KubeConfig, context: string | undefined, source: string): void {
  const known = config.getContexts().map(({ name }) => name);
  const chosen = context ?? config.currentContext;
  if (!chosen || !known.includes(chosen)) {
    const problem = chosen ? `has no context ${chosen}` : "names no current context";
    throw new RecoveryError(
      "context-unknown",
      `the kubeconfig ${source} ${problem}; it has: ${known.join(", ") || "none"}`,
      {
        next: orElse(
          chosen ? didYouMean(chosen, known) : undefined,
          "choose one with --context, or name another file with --kubeconfig",
        ),
      },
    );
  }
  config.setCurrentContext(chosen);
  if (config.getCurrentCluster() === null || config.getCurrentUser() === null) {
    throw new RecoveryError(
      "kubeconfig-incomplete",
      `the kubeconfig ${source} lacks the cluster or the user that its context ${chosen} names`,
      { next: otherKubeconfig },
    );
  }
}

/** The library's error for invalid YAML. Its message quotes the lines around the mistake, which may hold a token. */
const yamlProblem = z.object({ name: z.literal("YAMLException"), mark: z.object({ line: z.int() }).optional() });
const fileProblem = z.object({ code: z.string(), path: z.string(), syscall: z.string() });

function readProblem(error: unknown): string {
  const yaml = yamlProblem.safeParse(error);
  if (yaml.success)
    return yaml.data.mark === undefined
      ? "it is not valid YAML"
      : `it is not valid YAML near line ${yaml.data.mark.line + 1}`;
  const file = fileProblem.safeParse(error);
  if (file.success) return unreadable(file.data);
  // The library throws a TypeError for an empty file, a list, or a server that is a number.
  return error instanceof TypeError ? "its content is not a kubeconfig" : messageOf(error);
}

/** Only errors of files may be a cause. The others may quote the kubeconfig: invalid YAML its lines, a TypeError a value. */
function isFileProblem(error: unknown): boolean {
  return fileProblem.safeParse(error).success;
}

function unreadable({ code, path }: { code: string; path: string }): string {
  return code === "ENOENT" ? `${path} does not exist` : `${path} cannot be read (${code})`;
}

/** Seconds for the login helper: a person may have to log in with a browser. */
const loginSeconds = 120;

/**
 * Gets the credentials of the current context before any request, so that a problem with them is not mistaken for one with
 * the server. They come from files or from a login helper (`exec` plugin), and are kept until they expire.
 *
 * @throws RecoveryError that names the helper or the file, or the signal's reason. What the helper printed on stdout is
 * never quoted.
 */
export async function logIn(config: KubeConfig, signal: AbortSignal): Promise<void> {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(loginSeconds * 1000)]);
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onStop = (): void => {
    reject(new Error(`no answer within ${loginSeconds} s`));
  };
  stop.addEventListener("abort", onStop, { once: true });
  try {
    // The library has no time limit for a helper.
    await Promise.race([config.applyToHTTPSOptions({}), stopped]);
  } catch (error) {
    signal.throwIfAborted();
    throw loginError(config, error);
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}

const loginHelper = z.object({ exec: z.object({ command: z.string() }) });

function loginError(config: KubeConfig, error: unknown): RecoveryError {
  const where = `context ${config.getCurrentContext()}`;
  const user = loginHelper.safeParse(config.getCurrentUser());
  const file = fileProblem.safeParse(error);
  if (file.success && !file.data.syscall.startsWith("spawn")) {
    return new RecoveryError(
      "kubeconfig-file-unusable",
      `${where}: the kubeconfig names a file that cannot be used: ${unreadable(file.data)}`,
      { next: otherKubeconfig, cause: error },
    );
  }
  if (!user.success)
    return new RecoveryError(
      "kubeconfig-credentials-unusable",
      `${where}: the kubeconfig's credentials cannot be used: ${messageOf(error)}`,
      { next: otherKubeconfig, cause: error },
    );
  const { command } = user.data.exec;
  if (file.success) {
    return new RecoveryError(
      "login-helper-missing",
      `${where}: the kubeconfig's login helper ${command} cannot be started (${file.data.code})`,
      { next: "install it or put it on PATH, or choose another context", cause: error },
    );
  }
  // Errors of parsing the helper's stdout quote it, and it holds credentials. A plain Error carries only stderr.
  if (error instanceof SyntaxError || error instanceof TypeError) {
    return loginFailure(where, command, "it printed no credentials");
  }
  return loginFailure(where, command, messageOf(error).trim().slice(0, 500), error);
}

function loginFailure(where: string, command: string, problem: string, cause?: unknown): RecoveryError {
  return new RecoveryError(
    "login-helper-failed",
    `${where}: the kubeconfig's login helper ${command} failed: ${problem}`,
    { next: "log in to the cluster again", cause },
  );
}

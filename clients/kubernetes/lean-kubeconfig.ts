import { registerHooks } from "node:module";

/**
 * client-node's KubeConfig imports the generated Kubernetes API (125 MB, half a second) and undici (a fifth of a second),
 * but needs them only for `makeApiClient`. `up` starts one process per target, so both would be paid for each time. This
 * import of the library's file therefore gets empty modules in their place. Other imports of client-node are not affected.
 */
const missing = (...names: string[]): string => {
  const refused =
    "export class Refused { constructor() { throw new Error('this KubeConfig makes no API clients'); } }\n";
  return `data:text/javascript,${encodeURIComponent(refused + names.map((name) => `export const ${name} = Refused;`).join("\n"))}`;
};
const noGeneratedApi = missing("ServerConfiguration", "createConfiguration");
const noUndici = missing("Agent", "ProxyAgent");
const instance = "?without-generated-api";

const hooks = registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context);
    // This includes the import in oidc_auth.js.
    if (found.url.endsWith("/client-node/dist/config.js")) return { ...found, url: found.url + instance };
    if (context.parentURL?.endsWith(instance) !== true) return found;
    const url = specifier === "undici" ? noUndici : noGeneratedApi;
    return specifier === "undici" || found.url.endsWith("/gen/index.js")
      ? { url, format: "module", shortCircuit: true }
      : found;
  },
});
/** client-node's KubeConfig, for everything but making API clients. */
export const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
export type KubeConfig = InstanceType<typeof KubeConfig>;
hooks.deregister();

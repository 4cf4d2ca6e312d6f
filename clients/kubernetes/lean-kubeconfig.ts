import { registerHooks } from "node:module";

/**
 * client-node's KubeConfig imports the API that is generated from Kubernetes' OpenAPI, 125 MB and half a second, and
 * undici, a fifth of a second, and uses them for nothing but `makeApiClient`. `up` starts one process per target and a
 * scan should be small, so this instance of the library's file gets empty modules in their place. Everybody else's import
 * of client-node stays whole.
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
    // Also where oidc_auth.js imports it back.
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

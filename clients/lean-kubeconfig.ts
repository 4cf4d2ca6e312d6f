import { registerHooks } from "node:module";

/**
 * client-node's KubeConfig imports the API that is generated from Kubernetes' OpenAPI, 125 MB and half a second, and uses
 * it for nothing but `makeApiClient`. `up` starts one process per target and a scan should be small, so this instance of
 * the library's file gets an empty module in its place. Everybody else's import of client-node stays whole.
 */
const noGeneratedApi = `data:text/javascript,${encodeURIComponent(
  "export class ServerConfiguration { constructor() { throw new Error('this KubeConfig makes no API clients'); } }\n" +
    "export const createConfiguration = ServerConfiguration;",
)}`;
const instance = "?without-generated-api";

const hooks = registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context);
    if (context.parentURL === import.meta.url) return { ...found, url: found.url + instance };
    const generated = context.parentURL?.endsWith(instance) === true && found.url.endsWith("/gen/index.js");
    return generated ? { url: noGeneratedApi, format: "module", shortCircuit: true } : found;
  },
});
/** client-node's KubeConfig, for everything but making API clients. */
export const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
export type KubeConfig = InstanceType<typeof KubeConfig>;
hooks.deregister();

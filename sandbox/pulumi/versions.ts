import manifest from "../../package.json" with { type: "json" };

/**
 * Exact versions of Pulumi's parts, which package.json alone names. They must match exactly: the npm package `pulumi` looks
 * for this engine, and each package of a provider for the plugin of its own version.
 */
export const pulumiVersions = {
  /** The engine, the CLI and the Node SDK. */
  engine: manifest.dependencies["@pulumi/pulumi"],
  /** The npm packages, and the plugins of the same version. */
  command: manifest.dependencies["@pulumi/command"],
  aws: manifest.dependencies["@pulumi/aws"],
  kubernetes: manifest.dependencies["@pulumi/kubernetes"],
} as const;

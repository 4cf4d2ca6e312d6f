import { Option } from "@commander-js/extra-typings";

/** The Zalando operator and its objects, as the options name them. */
export interface OperatorOptions {
  readonly operatorNamespace: string;
  readonly podConfig: string;
  readonly podSecret: string;
  readonly operatorConfigMap?: string | undefined;
  readonly operatorConfiguration?: string | undefined;
}

// Each command gets its own copy, because Commander keeps the command's state in it.

export function operatorNamespaceOption() {
  const description = "namespace of the Zalando operator and of pod-config";
  return new Option("--operator-namespace <name>", description).default("harbor-operator-ns");
}

export function podConfigOption() {
  return new Option("--pod-config <name>", "ConfigMap with the Pods' environment").default("pod-config");
}

export function podSecretOption() {
  return new Option("--pod-secret <name>", "Secret with the Pods' keys").default("pod-secret");
}

export function operatorConfigMapOption() {
  const description = "ConfigMap that configures the Zalando operator (default: found automatically)";
  return new Option("--operator-config-map <name>", description);
}

export function operatorConfigurationOption() {
  return new Option("--operator-configuration <name>", "OperatorConfiguration that configures it");
}

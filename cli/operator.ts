import type { TaskOf } from "../domain/steps/steps.ts";
import type { OperatorOptions } from "./operator-options.ts";

/** The operator that the options name. */
export function operatorOf(options: OperatorOptions): TaskOf<"harbor status">["operator"] {
  const { operatorNamespace, podConfig, podSecret } = options;
  return { namespace: operatorNamespace, podConfig, podSecret, configuration: configurationOf(options) };
}

function configurationOf({
  operatorConfigMap,
  operatorConfiguration,
}: OperatorOptions): TaskOf<"harbor status">["operator"]["configuration"] {
  if (operatorConfigMap !== undefined) return { configMap: operatorConfigMap };
  if (operatorConfiguration !== undefined) return { operatorConfiguration };
  return undefined;
}

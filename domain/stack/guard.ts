import { z } from "zod";
import { findingsAt, type Finding } from "../finding.ts";

const kubernetesSetting = z.looseObject({ context: z.string(), kubeSystemUid: z.string().optional() });

/**
 * Whether a stack says which Kubernetes cluster it is for, and not only by which context it is reached.
 *
 * @param config the stack's configuration: the raw text of each key, with the project's name before it.
 */
export function guardFindings(config: Readonly<Record<string, unknown>>): Finding[] {
  return Object.entries(config).flatMap(([key, text]) => {
    const setting = /^[^:]+:(config:)?kubernetes$/.test(key) ? settingIn(text) : undefined;
    if (setting === undefined || setting.kubeSystemUid !== undefined) return [];
    return [
      findingsAt(`setting ${key}`).warn(
        "cluster-not-guarded",
        "names a context only, and so works on whatever cluster that context leads to",
        "set kubeSystemUid: kubectl get namespace kube-system -o jsonpath={.metadata.uid}",
      ),
    ];
  });
}

function settingIn(text: unknown): z.infer<typeof kubernetesSetting> | undefined {
  try {
    return kubernetesSetting.safeParse(JSON.parse(String(text))).data;
  } catch {
    return undefined;
  }
}

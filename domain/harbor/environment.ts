import { keysOwnedByUs, type LivePodConfig } from "./pod-config-owners.ts";

/**
 * Annotation of pod-config and of the pod Secret with the id of the preflight that approved their values. The id is random,
 * so it says nothing of the keys.
 */
export const checkAnnotation = "postgres-recovery/check";

/** The environment of the database's Pods, in its two objects. */
export interface Environment<Content> {
  readonly podConfig: Content;
  readonly podSecret: Content;
}

/** Names of the two objects, for people. */
const titles: Environment<string> = { podConfig: "pod-config", podSecret: "the pod Secret" };

/**
 * What differs between the environment as it is and as it is declared: names of objects and keys, never values. A key that
 * somebody else added is not a difference, because writing the declared values would not remove it.
 *
 * @example environmentDifferences({ podConfig: undefined, podSecret: undefined }, { podConfig: {}, podSecret: {} })
 * // → ["pod-config is missing", "the pod Secret is missing"]
 */
export function environmentDifferences(
  live: Environment<LivePodConfig | undefined>,
  declared: Environment<Readonly<Record<string, string>>>,
): string[] {
  return (["podConfig", "podSecret"] as const).flatMap((object) => {
    const found = live[object];
    const title = titles[object];
    if (found === undefined) return [`${title} is missing`];
    const wanted = declared[object];
    const different = Object.keys(wanted).filter((key) => found.data[key] !== wanted[key]);
    const extra = keysOwnedByUs(found).filter((key) => !(key in wanted));
    return [...different, ...extra].map((key) => `${title} ${key}`);
  });
}

/** The id of the preflight that approved both objects; undefined when they do not name one and the same. */
export function checkOf({ podConfig, podSecret }: Environment<LivePodConfig | undefined>): string | undefined {
  const check = podConfig?.annotations?.[checkAnnotation];
  return check === podSecret?.annotations?.[checkAnnotation] ? check : undefined;
}

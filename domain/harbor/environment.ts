import { keysOwnedByUs, type LivePodConfig } from "./pod-config-owners.ts";

/**
 * Annotation of pod-config and of the pod Secret with the id of the preflight that approved their values. The id is random,
 * so it says nothing of the keys.
 */
export const checkAnnotation = "postgres-recovery/check";

/**
 * Annotation of both objects with a random id that each got when this program created it, or took it over. An object
 * without it is missing, or somebody else's.
 */
export const instanceAnnotation = "postgres-recovery/instance";

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

/** The ids of both objects; null for one that is missing, or that this program did not create. */
export function instancesOf({ podConfig, podSecret }: Environment<LivePodConfig | undefined>) {
  return {
    podConfig: podConfig?.annotations?.[instanceAnnotation] ?? null,
    podSecret: podSecret?.annotations?.[instanceAnnotation] ?? null,
  };
}

/**
 * The id of the preflight that approved both objects; undefined when they do not name one and the same, or when one of them
 * has no id of its own, so that it has to be written.
 */
export function checkOf(live: Environment<LivePodConfig | undefined>): string | undefined {
  const instances = instancesOf(live);
  if (instances.podConfig === null || instances.podSecret === null) return undefined;
  const check = live.podConfig?.annotations?.[checkAnnotation];
  return check === live.podSecret?.annotations?.[checkAnnotation] ? check : undefined;
}

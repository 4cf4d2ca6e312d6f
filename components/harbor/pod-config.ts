import { ConfigMap, Secret } from "@pulumi/kubernetes/core/v1/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseKeys } from "../../domain/aws/access-keys.ts";
import type { Backup, Restore } from "../../domain/restore/restore.ts";
import { checkAnnotation, instanceAnnotation, type Environment } from "../../domain/harbor/environment.ts";
import { keysOf, needsPodSecret, podConfigData, podSecretData } from "../../domain/harbor/pod-config.ts";
import { podConfigManager } from "../../domain/harbor/pod-config-owners.ts";
import { childOf } from "../child-of.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";

export interface PodConfigArgs {
  /** The ConfigMap that the Zalando operator's `pod_environment_configmap` names. */
  readonly podConfig: ObjectName;
  /**
   * The Secret that its `pod_environment_secret` names, in the database's namespace. It is empty when no keys are
   * needed.
   */
  readonly podSecret: ObjectName;
  /** Where and how backups are written. */
  readonly backup: Backup;
  /** The declared restore. Default: none; then no CLONE_ value is set. */
  readonly restore?: Restore | undefined;
  /** Id of the preflight that approved the values. */
  readonly check: pulumi.Input<string>;
  /** Id of each object. An object that is missing has a new one, and is created instead of changed. */
  readonly instances: Environment<pulumi.Input<string>>;
  /** Keys for each side whose credentials are `secret`; those of the other sides are not used. */
  readonly keys: pulumi.Output<DatabaseKeys>;
}

/**
 * The environment of the database's Pods: the ConfigMap pod-config, and the pod Secret for the keys. Both have fixed
 * names. They are changed in place, provided that the provider comes from `kubernetesProvider`. Objects that were
 * created by hand under these names are taken over. Their other keys stay, and the preflight names them
 * (domain/harbor/pod-config-owners.ts).
 *
 * Both carry the id of the preflight as an annotation. So neither can be written without a preflight of these very values,
 * and both are written again when somebody else has changed a value.
 *
 * Both also carry the id of their instance. When one was lost, as with its namespace, the id is a new one, and the object
 * is created again: the provider cannot change an object that is gone.
 *
 * Destroying the stack leaves both as they are: without them the Zalando operator neither creates nor changes any
 * cluster. During a restore pod-config is protected, so that a destroy is refused until the restore is finished.
 */
export class PodConfig extends pulumi.ComponentResource {
  /** Keys and values of pod-config. */
  readonly data: pulumi.Output<Record<string, string>>;
  /** UID of the ConfigMap; it stays the same through every change. */
  readonly uid: pulumi.Output<string>;

  constructor(name: string, args: PodConfigArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("postgres-recovery:harbor:PodConfig", name, {}, options);
    const { backup, check, instances, restore } = args;
    const left = (instance: pulumi.Input<string>): pulumi.CustomResourceOptions => ({
      ...childOf(this, options),
      retainOnDelete: true,
      replacementTrigger: instance,
    });
    const metadata = (object: ObjectName, instance: pulumi.Input<string>): object => ({
      ...object,
      // Makes this stack the only owner, under a name that outlives it. Values that were set by hand are replaced and
      // cause no conflict.
      annotations: {
        "pulumi.com/patchForce": "true",
        "pulumi.com/patchFieldManager": podConfigManager,
        [checkAnnotation]: check,
        [instanceAnnotation]: instance,
      },
    });
    const keys = pulumi.secret(args.keys).apply((both) => podSecretData(keysOf(both, backup, restore)));
    // The Secret is created even without keys: the operator creates no database while the Secret named in its
    // configuration is missing. An empty `stringData` would show up as a change in every preview.
    const data = needsPodSecret(backup, restore) ? { stringData: keys } : {};
    new Secret(
      `${name}-keys`,
      { metadata: metadata(args.podSecret, instances.podSecret), type: "Opaque", ...data },
      // Not protected, because a protected resource cannot be created again. The keys do nothing without pod-config.
      left(instances.podSecret),
    );
    const configMap = new ConfigMap(
      name,
      { metadata: metadata(args.podConfig, instances.podConfig), data: podConfigData(backup, restore) },
      // Makes Pulumi refuse to destroy the stack during a restore: the CLONE_ values would stay, and every new database of
      // the operator would become a clone of Harbor's.
      { ...left(instances.podConfig), protect: restore !== undefined },
    );
    this.data = configMap.data;
    this.uid = configMap.metadata.uid;
    this.registerOutputs({ data: this.data, uid: this.uid });
  }
}

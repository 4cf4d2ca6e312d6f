import { at, listAt, mappingAt, parsed, textAt } from "../domain/check/reading.ts";
import type { ResourceJudge } from "../domain/check/resource.ts";
import { copyKeyFindings, isCopy, type WishedKeys } from "../domain/secrets/copy-rules.ts";
import { guardFindings } from "../domain/stack/guard.ts";

/** The stack itself: which Kubernetes cluster it is for. */
export const stacks: ResourceJudge = ({ type }) => (type === "pulumi:pulumi:Stack" ? guardFindings(stackConfig()) : []);

/** The keys of copies of Harbor's Secrets, compared with those in the stack's settings. */
export const copyKeys: ResourceJudge = ({ props, type }) => {
  if (type !== "aws:secretsmanager/secret:Secret") return [];
  const name = textAt(props, "name") ?? "";
  if (!isCopy(name)) return [];
  const replicas = listAt(props, "replicas").map((replica) => ({
    region: textAt(replica, "region") ?? "",
    kmsKeyId: textAt(replica, "kmsKeyId"),
  }));
  return copyKeyFindings({ name, kmsKeyId: textAt(props, "kmsKeyId"), replicas }, wishedKeys());
};

/** The stack's configuration: the raw text of each key. Pulumi starts a pack with it. */
function stackConfig(): Readonly<Record<string, unknown>> {
  return mappingAt(parsed(process.env["PULUMI_CONFIG"]));
}

function wishedKeys(): WishedKeys {
  const text = Object.entries(stackConfig()).find(([key]) => /^[^:]+:(config:)?harbor$/.test(key))?.[1];
  const secrets = at(parsed(typeof text === "string" ? text : undefined), "secrets");
  const replicas = listAt(secrets, "replicas").map(
    (replica) => [textAt(replica, "region") ?? "", textAt(replica, "kmsKeyId")] as const,
  );
  return { kmsKeyId: textAt(secrets, "kmsKeyId"), replicas: new Map(replicas) };
}

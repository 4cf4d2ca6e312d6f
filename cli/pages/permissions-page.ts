import { roleRules, type Permission, type RoleRule } from "../../domain/kubernetes/permissions.ts";
import { optionPermissions, stepPermissions, type StepName } from "../../domain/steps/permissions.ts";

/** The whole of docs/permissions.md; `npm run docs` writes it. */
export function permissionsPage(): string {
  const sections = Object.entries(stepPermissions).map(([command, held]) => commandSection(command, held));
  return `${introduction}\n${sections.join("\n")}\n${oneNamespace}`;
}

const introduction = `# Permissions

Each command needs exactly what is listed here, and says so in its \`--help\`. A command that lacks one of them ends with the API server's own words for it, and changes nothing.

\`pods/exec\` is the powerful permission. Whoever may run a command in a database's Pod can read all of its data, and Kubernetes cannot limit the permission to one container or one program. Give it only to people and pipelines that may have the data. The commands \`secrets\`, \`restore check\`, \`harbor status\`, \`harbor environment\` and \`harbor roll\` read Secrets; none shows a value.

\`drill run\` creates Pods and Secrets in a namespace whose name is not known before, so it needs its permissions in all namespaces. Give them to a pipeline of its own. Kubernetes lets it create Patroni's role only because it holds the same permissions itself.
`;

function commandSection(command: string, held: readonly Permission[]): string {
  const options = optionPermissions.filter(({ step }) => step === (command as StepName));
  return [
    `## \`postgres-recovery ${command}\`\n\n${roleText(command.replace(" ", "-"), held)}`,
    ...options.map(
      ({ option, permissions }) =>
        `With \`${option}\` also:\n\n${roleText(`${command.replace(" ", "-")}${option.slice(1)}`, permissions)}`,
    ),
  ].join("\n");
}

/** A table of the permissions, and the role that grants them. */
function roleText(suffix: string, held: readonly Permission[]): string {
  const name = `postgres-recovery-${suffix}`;
  const rows = held.map(({ apiGroup, resource, verbs, why }) => {
    const full = apiGroup === "" ? resource : `${resource}.${apiGroup}`;
    return `| \`${full}\` | ${verbs.join(", ")} | ${why} |`;
  });
  return `| resource | verbs | why |
|---|---|---|
${rows.join("\n")}

\`\`\`yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: ${name}
rules:
${roleRules(held).map(ruleYaml).join("\n")}
\`\`\`
`;
}

function ruleYaml({ apiGroups, resources, resourceNames, verbs }: RoleRule): string {
  const names = resourceNames === undefined ? [] : [`    resourceNames: ${JSON.stringify(resourceNames)}`];
  return [
    `  - apiGroups: ${JSON.stringify(apiGroups)}`,
    `    resources: ${JSON.stringify(resources)}`,
    ...names,
    `    verbs: ${JSON.stringify(verbs)}`,
  ].join("\n");
}

const oneNamespace = `## Who gets them

In all namespaces:

\`\`\`
kubectl create clusterrolebinding postgres-recovery-stanza-list --clusterrole postgres-recovery-stanza-list --user ADA
\`\`\`

In one namespace only; then list with \`-n NAMESPACE\`, and do without \`--kube-system-uid\`, which asks outside of it:

\`\`\`
kubectl create rolebinding postgres-recovery-stanza-list --namespace NAMESPACE --clusterrole postgres-recovery-stanza-list --user ADA
\`\`\`
`;

import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import type { Policies } from "@pulumi/policy";
import { policiesByArea } from "../policy/all.ts";
import type { PolicyCode } from "../policy/policy.ts";
import { policyExamples, type ExampleResource } from "./policy-examples.ts";

type Policy = Policies[number];

/** docs/policies.md: every policy with what it refuses, and the same as it is right. */
export function policiesPage(): string {
  const areas = Object.entries(policiesByArea).map(([area, policies]) => areaText(area, policies));
  return `${introduction}\n${areas.join("\n")}`;
}

const introduction = `# Policies

A policy pack judges what a stack declares, before anything is done: the same rules as those of the commands, under the same codes.

\`\`\`
pulumi preview --stack dev --policy-pack policy --policy-pack-config policy/config.dev.json
pulumi up --stack dev --policy-pack policy --policy-pack-config policy/config.dev.json
\`\`\`

[In CI](ci.md), \`npm run ci:preview -- dev\` and \`npm run ci:up -- dev\` do this, and are red when the pack did not judge everything. It needs no account and works with every backend. What is wrong stops the preview, and an update before anything runs. \`mandatory\` stops, \`advisory\` only tells. [The page of findings](findings.md) says of each why it matters, and what to do.

**It starts in half the time** with \`export NODE_COMPILE_CACHE=$PWD/node_modules/.cache/postgres-recovery\`, because Pulumi's runner for policy packs loads the TypeScript compiler each time. \`npm run ci:preview\` sets it.

**Choose what stops a stack** in a file for it, such as \`policy/config.dev.json\`. It names policies, or \`all\` of them:

\`\`\`json
{ "cluster-not-guarded": "mandatory", "stanza-dump-on-disk": "disabled" }
\`\`\`

**Values that are not known yet.** What comes from a resource that the update creates is not known in a preview. Then \`policy-not-judged-yet\` names it, and the update judges it before that resource is created. Policies of several resources, those of buckets, of targets that are there twice and of the order of a restore, judge at the end of a preview and of an update: run the preview first.

**Secrets.** Pulumi gives a policy every value in plain text, except in \`pulumi policy analyze --file\`: what is encrypted there is not judged, and \`policy-not-judged-yet\` names it. No message quotes a value that may be a secret.

**What it cannot see:** whether a value is a Pulumi secret, and \`retainOnDelete\`. It judges what the program declares, not what is in the cluster; [\`postgres-recovery check\`](check.md) judges that by the same rules, and \`harbor status\` and \`restore check\` look deeper.
`;

function areaText(area: string, policies: readonly Policy[]): string {
  return `## ${area}\n\n${policies.map(policyText).join("\n")}`;
}

function policyText({ description, enforcementLevel, name }: Policy): string {
  const heading = `### ${name}\n\n${capitalised(description)}: [what to do](findings.md#${name}). ${capitalised(enforcementLevel ?? "")}.\n`;
  const example = policyExamples[name as PolicyCode];
  if (example === undefined) return heading;
  const [refused, accepted] = [shown(example.bad, example.good), shown(example.good, example.bad)];
  return `${heading}\n\`\`\`yaml\n${exampleText(refused, accepted)}\`\`\`\n`;
}

/** Of two examples that differ in one part which only one of them has, that part is shown once. */
function exampleText(refused: string, accepted: string): string {
  if (refused === "") return `# refused without\n${accepted}`;
  if (accepted === "") return `# refused\n${refused}# accepted without it\n`;
  return `# refused\n${refused}# accepted\n${accepted}`;
}

/** The parts of an example in which it differs from the other one. */
function shown(resources: readonly ExampleResource[], others: readonly ExampleResource[]): string {
  const texts = resources.flatMap((resource) => {
    const other = others.find(({ name, type }) => name === resource.name && type === resource.type);
    const mine = readable(resource);
    const parts = other === undefined ? mine : difference(mine, readable(other));
    return parts === undefined ? [] : [stringify({ [`${resource.type} ${resource.name}`]: parts }, { lineWidth: 0 })];
  });
  return texts.join("");
}

/** The request of a step as a mapping: on stdin it is JSON. */
function readable({ config, createSeconds, dependsOn, props }: ExampleResource): Record<string, unknown> {
  const { stdin, ...rest } = props;
  const isRequest = typeof stdin === "string" && stdin.startsWith("{");
  return {
    ...rest,
    ...(config !== undefined && { config }),
    ...(dependsOn !== undefined && { dependsOn }),
    ...(stdin !== undefined && { stdin: isRequest ? (JSON.parse(stdin) as unknown) : stdin }),
    ...(createSeconds !== undefined && { customTimeouts: { create: `${createSeconds}s` } }),
  };
}

/** What one value has beside or instead of another; undefined when nothing. */
function difference(mine: unknown, other: unknown): unknown {
  if (isDeepStrictEqual(mine, other)) return undefined;
  if (!isMapping(mine) || !isMapping(other)) return mine;
  const parts = Object.entries(mine).flatMap(([key, value]) => {
    const part = difference(value, other[key]);
    return part === undefined ? [] : [[key, part] as const];
  });
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

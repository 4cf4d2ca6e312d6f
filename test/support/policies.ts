import * as sdk from "@pulumi/policy";
import type { Policies, PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import { z } from "zod";
import { policiesByArea } from "../../policy/all.ts";
import type { ExampleResource } from "../policy-examples.ts";
import { optionsOf, type Registered } from "./pulumi-mocks.ts";

type Policy = Policies[number];

/** The value that Pulumi's engine sends to a policy in the place of a text that is not known yet. */
export const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Throws where an unknown value is read, as for a policy of a running pack. The package exports it without its type. */
const unknownCheckingProxy = (sdk as unknown as { unknownCheckingProxy: <Props>(props: Props) => Props })
  .unknownCheckingProxy;

/** What the SDK puts around a secret. The engine gives policies the value without it. */
const secretMark = "4dabf18193072939515e22adb298388d";

/** Resources as a policy gets them, once they are known: with secrets in plain text. */
export function asJudged(resources: readonly Registered[]): ExampleResource[] {
  return resources.map(({ inputs, name, type }) => ({
    type,
    name,
    props: z.record(z.string(), z.unknown()).parse(withoutMarks(inputs)),
    dependsOn: optionsOf.get(name)?.dependencies ?? [],
    createSeconds: Number.parseInt(optionsOf.get(name)?.timeouts.create ?? "") || 0,
  }));
}

function withoutMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (typeof value !== "object" || value === null) return value;
  if (secretMark in value && "value" in value) return withoutMarks(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutMarks(each)]));
}

/** What each policy of the pack says of resources, by its name; those that say nothing are left out. */
export async function saidOf(resources: readonly ExampleResource[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const said = new Map<string, readonly string[]>();
  for (const policy of Object.values(policiesByArea).flat()) {
    const { messages } = await judged(policy, resources);
    if (messages.length > 0) said.set(policy.name, messages);
  }
  return said;
}

class NotApplicable extends Error {}

/** What a policy says of resources. `notApplicable`: it did not judge at least one of them. */
export interface Said {
  readonly messages: readonly string[];
  readonly notApplicable: boolean;
}

/** Runs a policy on resources as a pack does. */
export async function judged(policy: Policy, resources: readonly ExampleResource[]): Promise<Said> {
  const messages: string[] = [];
  let notApplicable = false;
  const report = (message: string): void => {
    messages.push(message);
  };
  const tolerant = async (run: () => unknown): Promise<void> => {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof NotApplicable)) throw error;
      notApplicable = true;
    }
  };
  const seen = resources.map(argsOf);
  if ("validateResource" in policy) {
    const validations = [policy.validateResource ?? []].flat();
    for (const validate of validations)
      for (const [index, args] of seen.entries())
        await withConfig(resources[index]?.config, () => tolerant(() => validate(args, report)));
  }
  if ("validateStack" in policy) {
    const whole = { ...commonArgs, resources: related(resources, seen) };
    await tolerant(() => policy.validateStack(whole, report));
  }
  return { messages, notApplicable };
}

/** Pulumi starts a pack with the stack's configuration in this variable; each value is a text. */
async function withConfig(config: ExampleResource["config"], run: () => Promise<void>): Promise<void> {
  const texts = Object.entries(config ?? {}).map(([key, value]) => [key, JSON.stringify(value)] as const);
  process.env["PULUMI_CONFIG"] = JSON.stringify(Object.fromEntries(texts));
  try {
    await run();
  } finally {
    delete process.env["PULUMI_CONFIG"];
  }
}

function related(resources: readonly ExampleResource[], seen: readonly ResourceValidationArgs[]): PolicyResource[] {
  const all = seen.map((args): PolicyResource => ({ ...args, dependencies: [], propertyDependencies: {} }));
  for (const [index, { dependsOn = [] }] of resources.entries())
    all[index]?.dependencies.push(...all.filter(({ name }) => dependsOn.includes(name)));
  return all;
}

const commonArgs = {
  stackTags: new Map<string, string>(),
  getConfig: () => {
    throw new Error("no policy has a configuration of its own");
  },
  notApplicable: (reason?: string): never => {
    throw new NotApplicable(reason);
  },
};

function argsOf({ createSeconds = 0, name, props, type }: ExampleResource): ResourceValidationArgs {
  return {
    ...commonArgs,
    type,
    name,
    urn: `urn:pulumi:dev::postgres-recovery::${type}::${name}`,
    props: unknownCheckingProxy(structuredClone(props)),
    opts: {
      protect: false,
      ignoreChanges: [],
      aliases: [],
      additionalSecretOutputs: [],
      customTimeouts: { createSeconds, updateSeconds: 0, deleteSeconds: 0 },
    },
    isType: () => false,
    asType: () => undefined,
  };
}

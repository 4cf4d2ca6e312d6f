import * as sdk from "@pulumi/policy";
import type { Policies, PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import type { ExampleResource } from "../policy-examples.ts";

type Policy = Policies[number];

/** The value that Pulumi's engine sends to a policy in the place of a text that is not known yet. */
export const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Throws where an unknown value is read, as for a policy of a running pack. The package exports it without its type. */
const unknownCheckingProxy = (sdk as unknown as { unknownCheckingProxy: <Props>(props: Props) => Props })
  .unknownCheckingProxy;

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
    const whole = { ...commonArgs, resources: seen.map((args): PolicyResource => ({ ...args, ...noRelations })) };
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

const noRelations = { dependencies: [], propertyDependencies: {} };

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

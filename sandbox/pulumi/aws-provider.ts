/**
 * Stand-in for the plugin `pulumi-resource-aws` 7.48.0 with the types that this project uses, over the AWS SDK.
 * The engine passes its address as the argument. Not imitated: invokes, default tags.
 */
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import { configuredClients } from "./aws/clients.ts";
import { metricAlarm } from "./aws/cloudwatch.ts";
import { policy } from "./aws/iam.ts";
import { optionalText } from "./aws/resource-type.ts";
import type { Clients, ResourceType } from "./aws/resource-type.ts";
import { bucket } from "./aws/s3-bucket.ts";
import {
  bucketPolicy,
  encryption,
  lifecycle,
  objectLock,
  ownershipControls,
  publicAccessBlock,
  versioning,
} from "./aws/s3-settings.ts";
import { secret } from "./aws/secrets-manager.ts";
import { topic, topicPolicy, topicSubscription } from "./aws/sns.ts";
import { queue, queuePolicy } from "./aws/sqs.ts";
import { diffResponse, topLevel } from "./diff-response.ts";
import { servePlugin, unary } from "./plugin-server.ts";
import { changedPaths, propertiesOf, revealed, structOf, unknownString } from "./property-diff.ts";
import type { Properties } from "./property-diff.ts";
import { pulumiVersions } from "./versions.ts";

const types = new Map<string, ResourceType>([
  ["aws:cloudwatch/metricAlarm:MetricAlarm", metricAlarm],
  ["aws:iam/policy:Policy", policy],
  ["aws:s3/bucket:Bucket", bucket],
  ["aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", lifecycle],
  ["aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", objectLock],
  ["aws:s3/bucketOwnershipControls:BucketOwnershipControls", ownershipControls],
  ["aws:s3/bucketPolicy:BucketPolicy", bucketPolicy],
  ["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", publicAccessBlock],
  ["aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", encryption],
  ["aws:s3/bucketVersioning:BucketVersioning", versioning],
  ["aws:secretsmanager/secret:Secret", secret],
  ["aws:sns/topic:Topic", topic],
  ["aws:sns/topicPolicy:TopicPolicy", topicPolicy],
  ["aws:sns/topicSubscription:TopicSubscription", topicSubscription],
  ["aws:sqs/queue:Queue", queue],
  ["aws:sqs/queuePolicy:QueuePolicy", queuePolicy],
]);

let configured: ReturnType<typeof configuredClients> | undefined;

await servePlugin(
  services.ResourceProviderService,
  {
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(pulumiVersions.aws)),
    checkConfig: unary((request: messages.CheckRequest) => new provider.CheckResponse().setInputs(request.getNews())),
    diffConfig: unary(() => new provider.DiffResponse()),
    configure: unary((request: messages.ConfigureRequest) => {
      configured = configuredClients(revealed(propertiesOf(request.getArgs())));
      // Secrets in resources arrive as plain text, unlike those in the configuration. The engine marks outputs of the same names as secret.
      return new provider.ConfigureResponse().setAcceptsecrets(false).setSupportspreview(true);
    }),
    check: unary(check),
    diff: unary(diff),
    create: unary(create),
    read: unary(read),
    update: unary(update),
    delete: unary(remove),
    cancel: unary(() => new empties.Empty()),
  },
  process.argv[2] ?? "",
);

/** The clients for the region that the resource names, or else for the provider's. */
function clients(properties: Properties): Clients {
  if (configured === undefined) throw new Error("the AWS provider is not configured");
  return configured(optionalText(properties, "region"));
}

function typeOf(type: string): ResourceType {
  const known = types.get(type);
  if (known === undefined) throw new Error(`the stand-in for the AWS provider does not know ${type}`);
  return known;
}

function check(request: messages.CheckRequest): messages.CheckResponse {
  const { autoName, defaults, inputs } = typeOf(request.getType());
  const given = propertiesOf(request.getNews());
  const failures = Object.keys(given)
    .filter((name) => name !== "region" && !inputs.includes(name))
    .map((name) =>
      new provider.CheckFailure().setProperty(name).setReason("not supported by the stand-in for the AWS provider"),
    );
  const named =
    autoName === undefined ? {} : { [autoName]: propertiesOf(request.getOlds())[autoName] ?? madeUpName(request) };
  return new provider.CheckResponse()
    .setInputs(structOf({ ...defaults, ...named, ...given }))
    .setFailuresList(failures);
}

/** Generates a name from the engine's seed, so that the preview and the update get the same one. */
function madeUpName(request: messages.CheckRequest): string {
  return `${request.getName()}-${Buffer.from(request.getRandomseed_asU8()).toString("hex").slice(0, 7)}`;
}

function diff(request: messages.DiffRequest): messages.DiffResponse {
  const { replaceOn } = typeOf(request.getType());
  const news = propertiesOf(request.getNews());
  const changes = changedPaths(propertiesOf(request.getOldInputs()), news);
  // Naming the region where the resource already is does not change anything.
  if (news["region"] === propertiesOf(request.getOlds())["region"]) changes.delete("region");
  return diffResponse(changes, (path) => ["region", ...replaceOn].includes(topLevel(path)));
}

async function create(request: messages.CreateRequest): Promise<messages.CreateResponse> {
  const type = typeOf(request.getType());
  const inputs = propertiesOf(request.getProperties());
  if (request.getPreview()) {
    const unknown = Object.fromEntries(type.outputs.map((name) => [name, unknownString]));
    return new provider.CreateResponse().setProperties(structOf({ ...inputs, ...unknown }));
  }
  const id = await answered(request, type.create(inputs, clients(inputs)));
  return new provider.CreateResponse().setId(id).setProperties(structOf(await state(type, id, inputs)));
}

async function update(request: messages.UpdateRequest): Promise<messages.UpdateResponse> {
  const type = typeOf(request.getType());
  const inputs = propertiesOf(request.getNews());
  if (request.getPreview()) {
    const kept = Object.entries(propertiesOf(request.getOlds())).filter(([name]) => type.outputs.includes(name));
    return new provider.UpdateResponse().setProperties(structOf({ ...inputs, ...Object.fromEntries(kept) }));
  }
  await answered(request, type.update(request.getId(), inputs, clients(inputs), propertiesOf(request.getOldInputs())));
  return new provider.UpdateResponse().setProperties(structOf(await state(type, request.getId(), inputs)));
}

/** The program's inputs together with what only AWS knows. */
async function state(type: ResourceType, id: string, inputs: Properties): Promise<Properties> {
  const live = await type.read(id, clients(inputs));
  return { region: clients(inputs).region, ...live?.inputs, ...inputs, ...live?.outputs };
}

async function read(request: messages.ReadRequest): Promise<messages.ReadResponse> {
  const type = typeOf(request.getType());
  const olds = propertiesOf(request.getInputs());
  const region = clients(propertiesOf(request.getProperties())).region;
  const live = await answered(request, type.read(request.getId(), clients({ region })));
  // A response without an id means that the resource is gone.
  if (live === undefined) return new provider.ReadResponse();
  const inputs = Object.keys(olds).length === 0 ? { ...type.defaults, ...live.inputs } : seen(type, olds, live.inputs);
  return new provider.ReadResponse()
    .setId(request.getId())
    .setInputs(structOf(inputs))
    .setProperties(structOf({ region, ...live.inputs, ...inputs, ...live.outputs }));
}

/** The current values of what the program set. What AWS does not return keeps its former value. */
function seen(type: ResourceType, olds: Properties, live: Properties): Properties {
  const now: Properties = {};
  for (const [name, old] of Object.entries(olds)) {
    const value =
      live[name] ?? (name === "region" || (type.defaults !== undefined && name in type.defaults) ? old : undefined);
    if (value !== undefined) now[name] = value;
  }
  return now;
}

async function remove(request: messages.DeleteRequest): Promise<empties.Empty> {
  const state = propertiesOf(request.getProperties());
  await answered(request, typeOf(request.getType()).delete(request.getId(), clients(state), state));
  return new empties.Empty();
}

/** Waits for AWS's answer, and names the resource in an error. */
async function answered<T>(request: { getUrn(): string }, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Error(`${request.getUrn().split("::").slice(-2).join(" ")}: api error ${error.name}: ${error.message}`, {
      cause: error,
    });
  }
}

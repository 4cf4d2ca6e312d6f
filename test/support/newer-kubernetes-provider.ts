/**
 * Stand-in for `pulumi-resource-kubernetes` 4.29 and newer, of which no Go module exists: it refuses to create what
 * already exists, unless it is configured to take it over. The file that the variable EXISTING_OBJECTS names lists the
 * objects of the "cluster", one `NAMESPACE/NAME` a line.
 */
import { appendFileSync, readFileSync } from "node:fs";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import { z } from "zod";
import { servePlugin, unary } from "../../sandbox/pulumi/plugin-server.ts";
import { propertiesOf, revealed, structOf } from "../../sandbox/pulumi/property-diff.ts";
import { pulumiVersions } from "../../sandbox/pulumi/versions.ts";

const file = process.env["EXISTING_OBJECTS"] ?? "";
const metadataSchema = z.object({ metadata: z.object({ namespace: z.string(), name: z.string() }) });
let takesOver = false;

await servePlugin(
  services.ResourceProviderService,
  {
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(pulumiVersions.kubernetes)),
    checkConfig: unary((request: messages.CheckRequest) => new provider.CheckResponse().setInputs(request.getNews())),
    diffConfig: unary(() => new provider.DiffResponse()),
    configure: unary((request: messages.ConfigureRequest) => {
      takesOver = request.getVariablesMap().get("kubernetes:config:upsertExistingObjects") === "true";
      return new provider.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
    }),
    check: unary((request: messages.CheckRequest) => new provider.CheckResponse().setInputs(request.getNews())),
    diff: unary(() => new provider.DiffResponse().setChanges(provider.DiffResponse.DiffChanges.DIFF_NONE)),
    create: unary(create),
    delete: unary(() => new empties.Empty()),
    cancel: unary(() => new empties.Empty()),
  },
  process.argv[2] ?? "",
);

function create(request: messages.CreateRequest): messages.CreateResponse {
  const inputs = propertiesOf(request.getProperties());
  const { namespace, name } = metadataSchema.parse(revealed(inputs)).metadata;
  const id = `${namespace}/${name}`;
  const exists = readFileSync(file, "utf8").split("\n").includes(id);
  if (exists && !takesOver)
    throw new Error(`"${name}" already exists\n\nThe resource already exists in the cluster. This can happen when:`);
  if (!exists && !request.getPreview()) appendFileSync(file, `${id}\n`);
  return new provider.CreateResponse().setId(id).setProperties(structOf(inputs));
}

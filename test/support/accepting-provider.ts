/**
 * Stand-in for any resource provider: it accepts everything. The first thing that it is to create outside of a preview
 * leaves the file that the variable CREATED names.
 */
import { writeFileSync } from "node:fs";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import { servePlugin, unary } from "../../sandbox/pulumi/plugin-server.ts";

await servePlugin(
  services.ResourceProviderService,
  {
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion("1.0.0")),
    checkConfig: unary((request: messages.CheckRequest) => new provider.CheckResponse().setInputs(request.getNews())),
    diffConfig: unary(() => new provider.DiffResponse()),
    configure: unary(() => new provider.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true)),
    check: unary((request: messages.CheckRequest) => new provider.CheckResponse().setInputs(request.getNews())),
    create: unary((request: messages.CreateRequest) => {
      if (!request.getPreview()) writeFileSync(process.env["CREATED"] ?? "", request.getUrn());
      return new provider.CreateResponse().setId("1").setProperties(request.getProperties());
    }),
    cancel: unary(() => new empties.Empty()),
  },
  process.argv[2] ?? "",
);

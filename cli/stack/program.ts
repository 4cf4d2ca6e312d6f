import { Option, type Command } from "@commander-js/extra-typings";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { clusterArgument } from "../cluster-argument.ts";
import { durationOption, stepCommand } from "../options.ts";

/** Adds `postgres-recovery stack …`. */
export function addStackCommands(root: Command, setExitCode: (code: number) => void): void {
  const stack = root
    .command("stack", { hidden: true })
    .description("what a Pulumi stack asks before it declares anything");
  const oneMore = clusterArgument("PostgresCluster");

  stepCommand(
    stack,
    "stack look",
    ["table", "json"],
    [
      "postgres-recovery stack look --context dev",
      "postgres-recovery stack look calendar/calendar-db utility/utility-db --context dev",
      "postgres-recovery stack look --request - -o json < request.json",
    ],
  )
    .description("which Kubernetes cluster it is, and the stanzas of the named clusters; only reads")
    .argument("[clusters...]", "NAMESPACE/CLUSTER", (text: string, before: ObjectName[] | undefined) => [
      ...(before ?? []),
      oneMore(text),
    ])
    .addOption(
      new Option("--request <source>", "read one JSON request from stdin instead of the arguments").choices([
        "-",
      ] as const),
    )
    .addOption(durationOption("--timeout <duration>", "how long one cluster may take to answer", "30s"))
    .action(async (clusters, options) => {
      setExitCode(await (await import("./look.ts")).stackLook(clusters, options));
    });
}

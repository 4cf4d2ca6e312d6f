import { Option, type Command } from "@commander-js/extra-typings";
import { stepCommand } from "../options.ts";

/** Adds `postgres-recovery check`. */
export function addCheckCommand(root: Command, setExitCode: (code: number) => void): void {
  stepCommand(
    root,
    "check",
    ["table", "json", "sarif", "junit"],
    [
      "postgres-recovery check --context dev",
      "postgres-recovery check --stack dev -n harbor-cluster",
      "postgres-recovery check --file pod-config.yaml harbor.yaml",
      "kubectl kustomize overlays/prod | postgres-recovery check --file - -o sarif > findings.sarif",
      "pulumi stack export --stack dev | postgres-recovery check --state - -o junit > findings.xml",
    ],
  )
    .description("judge databases by the rules of the policies: in a cluster, in manifests or in a state; only reads")
    .addOption(
      new Option("-f, --file <files...>", "judge manifests, not a cluster; - is stdin").conflicts([
        "state",
        "stack",
        "context",
        "namespace",
      ]),
    )
    .addOption(
      new Option("--state <file>", "judge what `pulumi stack export` has written; - is stdin").conflicts([
        "stack",
        "context",
        "namespace",
      ]),
    )
    .option("--stack <name>", "judge the cluster of a Pulumi stack")
    .option("-n, --namespace <name>", "one namespace of the cluster (default: all)")
    .action(async (options) => {
      setExitCode(await (await import("./check.ts")).check(options));
    });
}

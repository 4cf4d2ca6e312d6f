import { Argument, Command } from "@commander-js/extra-typings";
import { printText } from "../output.ts";

/** Adds `postgres-recovery completion`, and the hidden `complete`, which the shells call. */
export function addCompletionCommands(root: Command): void {
  root
    .command("completion")
    .description("print a script that completes commands, options, contexts and clusters in a shell")
    .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"] as const))
    .addHelpText(
      "after",
      `
Examples:
  source <(postgres-recovery completion bash)       # in ~/.bashrc
  source <(postgres-recovery completion zsh)        # in ~/.zshrc
  postgres-recovery completion fish | source        # in ~/.config/fish/config.fish`,
    )
    .action(async (shell) => {
      const { completionScripts } = await import("./scripts.ts");
      printText(completionScripts[shell].trimEnd());
    });

  const complete = new Command("complete").argument("[line]").action(async (line = "") => {
    await (await import("./complete.ts")).complete(root, line);
  });
  root.addCommand(complete, { hidden: true });
}

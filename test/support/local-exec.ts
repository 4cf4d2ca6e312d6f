import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { userInfo } from "node:os";
import type { Exec } from "../../clients/kubernetes/exec.ts";
import { databaseAccount } from "../../sandbox/host/account.ts";
import { postgresBin } from "../../sandbox/host/packages.ts";

/**
 * Runs commands on this machine as in a Pod: as the databases' user, with exactly this environment, and with a stdin that
 * stays open.
 */
export async function localExec(directory: string, environment: Record<string, string>): Promise<Exec> {
  const identity = userInfo().uid === 0 ? await databaseAccount() : {};
  return async (_container, [program = "", ...parameters], { stdin = "" }) => {
    const env = { PATH: `${postgresBin}:/usr/bin:/bin`, ...environment };
    const command = spawn(program, parameters, { cwd: directory, env, stdio: "pipe", ...identity });
    command.stdin.on("error", () => undefined);
    command.stdin.write(stdin);
    const ended = new Promise<number>((resolve, reject) => {
      command.on("exit", (code) => {
        resolve(code ?? -1);
      });
      command.on("error", reject);
    });
    const [stdout, stderr, code] = await Promise.all([text(command.stdout), text(command.stderr), ended]);
    command.stdin.destroy();
    return { end: "exited", code, stdout, stderr };
  };
}

import { join } from "node:path";
import { ensurePythonProgram } from "../toolchain/python.ts";

/** The path of `moto_server` (from PyPI), which is installed if necessary. It throws the errors of {@link ensurePythonProgram}. */
export async function ensureMoto(progress: (line: string) => void): Promise<string> {
  const moto = { name: "moto", what: "moto, the emulator of the AWS APIs", seconds: 30 };
  return join(await ensurePythonProgram(moto, progress), "moto_server");
}

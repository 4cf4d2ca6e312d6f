import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

/** The methods that WAL-G knows and Debian has a program for: the program's arguments, and the extension in S3. */
const methods = {
  lz4: { program: "lz4", compress: ["-q", "-c"], decompress: ["-q", "-dc"], extension: "lz4" },
  zstd: { program: "zstd", compress: ["-q", "-c"], decompress: ["-q", "-dc"], extension: "zst" },
  lzma: { program: "xz", compress: ["--format=lzma", "-c"], decompress: ["--format=lzma", "-dc"], extension: "lzma" },
} as const;

export type Compression = keyof typeof methods;

export function isCompression(name: string): name is Compression {
  return name in methods;
}

export function extensionOf(compression: Compression): string {
  return methods[compression].extension;
}

/** Extensions in the order in which WAL-G looks for an object; the last one is an object that is not compressed. */
export const extensions: readonly string[] = [...Object.values(methods).map(({ extension }) => `.${extension}`), ""];

/** The bytes of the stream, compressed. */
export async function compress(content: Readable, compression: Compression): Promise<Buffer> {
  const { program, compress: parameters } = methods[compression];
  return filter(content, program, parameters);
}

/**
 * The content of an object. Nothing at all is taken for an empty content, as WAL-G does.
 *
 * @throws Error if the object is cut or not of that form.
 */
export async function decompress(content: Buffer, extension: string): Promise<Buffer> {
  const method = Object.values(methods).find((candidate) => `.${candidate.extension}` === extension);
  if (method === undefined || content.length === 0) return content;
  return filter(Readable.from(content), method.program, method.decompress);
}

async function filter(content: Readable, program: string, parameters: readonly string[]): Promise<Buffer> {
  const child = spawn(program, parameters, { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  // The program may end before it has read everything; its exit code then says why.
  child.stdin.on("error", () => undefined);
  content.on("error", (error) => child.stdin.destroy(error)).pipe(child.stdin);
  const [output, errors, exitCode] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended]);
  if (exitCode !== 0) throw new Error(`${program}: ${errors.toString("utf8").trim()}`);
  return output;
}

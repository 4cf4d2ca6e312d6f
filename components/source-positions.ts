import { fileURLToPath } from "node:url";

/**
 * Makes stack traces name the files of ES modules by path instead of by `file:` URL.
 *
 * Pulumi's SDK reads from a stack trace where a resource is declared, expects a path there, and takes a URL for a path
 * relative to the working directory. The state then names the checkout's absolute path for every resource, instead of
 * a path within the project. The SDK installs a formatter of its own before it loads the program, so this one wraps
 * whatever is there.
 */
export function nameSourcesByPath(): void {
  const format = Error.prepareStackTrace.bind(Error);
  Error.prepareStackTrace = (error, frames) => {
    const stack: unknown = format(error, frames);
    return typeof stack === "string" ? stack.replaceAll(frameUrl, pathOf) : stack;
  };
}

/** The URL in a line of a stack trace, without the line and column after it. */
const frameUrl = /(?<=^ {4}at .*)file:\/\/\/\S+?(?=:\d+:\d+\)?$)/gm;

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

// Runs before the Pulumi program. Plain JavaScript, because a Node that is too old cannot read TypeScript: all that it
// would say is ERR_UNKNOWN_FILE_EXTENSION.
import { readFileSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

/** The vendor's host prints nothing more after this exit code. */
const alreadyExplained = 32;

const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const wanted = engines.node.replace(/^>=/, "");
if (isOlder(process.versions.node, wanted)) {
  console.error(
    `error: this program needs Node ${wanted} or newer, and Pulumi found Node ${process.versions.node} at ${process.execPath}\n` +
      "next: run `npx pulumi`, which uses the Node that `npm ci` installs on Linux, or put another Node first on PATH",
  );
  process.exit(alreadyExplained);
}

// The engine starts a Node process per preview. Cached compiled code saves a fifth of its time. If node_modules is not
// writable, Node compiles as usual.
module.enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/postgres-recovery", import.meta.url)));

/**
 * @param {string} version
 * @param {string} than
 */
function isOlder(version, than) {
  return version.localeCompare(than, "en", { numeric: true }) < 0;
}

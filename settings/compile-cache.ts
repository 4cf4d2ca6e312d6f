import { enableCompileCache } from "node:module";
import { join } from "node:path";

// The engine starts a Node process per preview. Cached compiled code saves a fifth of its time. If node_modules is not
// writable, Node compiles as usual.
enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "postgres-recovery"));

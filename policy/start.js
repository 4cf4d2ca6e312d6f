import module from "node:module";

// Pulumi's runner would compile TypeScript with its own old compiler, so the entry is JavaScript. Node strips the types of
// everything that it imports.
import "./index.ts";

// The engine kills a policy pack in the end, so Node would never write what it compiled for NODE_COMPILE_CACHE.
module.flushCompileCache();

// Pulumi's runner would compile TypeScript with its own old compiler, so the entry is JavaScript. Node strips the types of
// everything that it imports.
import "./index.ts";

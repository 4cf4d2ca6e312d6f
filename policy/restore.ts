import { stackPolicy } from "./policy.ts";
import { clones, restores } from "../domain/check/stack-judges.ts";

// A restore, its proof, and what must wait for it.

export const restoreWithoutProof = stackPolicy("restore-without-proof", restores);
export const secretsKeptBeforeProof = stackPolicy("secrets-kept-before-proof", restores);
export const cloneWithoutRestore = stackPolicy("clone-without-restore", clones);
export const cloneAfterProof = stackPolicy("clone-after-proof", clones);

import { copies } from "../domain/check/judges.ts";
import { copyKeys } from "./stacks.ts";
import { resourcePolicy } from "./policy.ts";

// The copies of Harbor's Secrets in AWS.

export const secretCopyWindowShort = resourcePolicy("secret-copy-window-short", copies);
export const secretCopyShared = resourcePolicy("secret-copy-shared", copies);
export const secretCopyPublic = resourcePolicy("secret-copy-public", copies);
export const secretCopyKeyWrong = resourcePolicy("secret-copy-key-wrong", copyKeys);

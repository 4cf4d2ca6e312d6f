import { credentials } from "../domain/check/judges.ts";
import { outputs } from "../domain/check/stack-judges.ts";
import { resourcePolicy, stackPolicy } from "./policy.ts";

// Credentials where they can be read. Those of pod-config are in pod-config.ts.

export const credentialInConfigmap = resourcePolicy("credential-in-configmap", credentials);
export const credentialInCommand = resourcePolicy("credential-in-command", credentials);
export const credentialInTag = resourcePolicy("credential-in-tag", credentials);
export const credentialInOutput = stackPolicy("credential-in-output", outputs);

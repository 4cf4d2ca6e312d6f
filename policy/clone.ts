import { podConfig } from "../domain/check/judges.ts";
import { resourcePolicy } from "./policy.ts";

// The CLONE_ values of pod-config, from which Spilo clones a new database.

export const cloneMethodWrong = resourcePolicy("clone-method-wrong", podConfig);
export const cloneTargetTimeInvalid = resourcePolicy("clone-target-time-invalid", podConfig);
export const cloneTargetInclusiveWrong = resourcePolicy("clone-target-inclusive-wrong", podConfig);
export const cloneTargetTimelineInvalid = resourcePolicy("clone-target-timeline-invalid", podConfig);
export const clonePausesAtTarget = resourcePolicy("clone-pauses-at-target", podConfig);
export const cloneKeyIgnored = resourcePolicy("clone-key-ignored", podConfig);
export const cloneStoresSeveral = resourcePolicy("clone-stores-several", podConfig);
export const clonePrefixInvalid = resourcePolicy("clone-prefix-invalid", podConfig);
export const cloneScopeMissing = resourcePolicy("clone-scope-missing", podConfig);
export const cloneScopeInvalid = resourcePolicy("clone-scope-invalid", podConfig);
export const cloneBucketMissing = resourcePolicy("clone-bucket-missing", podConfig);
export const cloneBucketInvalid = resourcePolicy("clone-bucket-invalid", podConfig);
export const cloneSuffixMissing = resourcePolicy("clone-suffix-missing", podConfig);
export const cloneSuffixInvalid = resourcePolicy("clone-suffix-invalid", podConfig);
export const cloneScopePrefixInvalid = resourcePolicy("clone-scope-prefix-invalid", podConfig);
export const cloneVersionInvalid = resourcePolicy("clone-version-invalid", podConfig);

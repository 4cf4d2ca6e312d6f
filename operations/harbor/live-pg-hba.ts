import { fieldManager } from "../../clients/kubernetes/api.ts";
import { generationAnnotation, replacedListsAnnotation } from "../../domain/harbor/names.ts";
import type { Postgresql } from "../../domain/harbor/objects.ts";
import { parseReplacedLists, pgHbaOwners, type LivePgHba } from "../../domain/harbor/pg-hba-fingerprint.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";

/** What a `postgresql` resource says about its pg_hba list. */
export function livePgHba(harbor: ObjectName, { metadata, spec }: Postgresql): LivePgHba {
  return {
    uid: metadata.uid,
    harborGeneration: metadata.annotations[generationAnnotation(harbor)],
    list: spec.patroni.pg_hba,
    isOurs: pgHbaOwners(metadata.managedFields).includes(fieldManager),
    replacedLists: parseReplacedLists(metadata.annotations[replacedListsAnnotation]),
  };
}

import assert from "node:assert/strict";
import { RecoveryError } from "../../domain/errors.ts";
import {
  stanzaCreateReportSchema,
  stanzaCreateRequestSchema,
  type StanzaCreateReport,
} from "../../domain/stanza/create.ts";
import { createStanza } from "../../operations/stanza/create.ts";
import { FakeCluster, FakeSurroundings, type Script } from "./fake-cluster.ts";

/** How the procedure ended on a fake cluster. */
export interface FakeCreation {
  readonly cluster: FakeCluster;
  readonly surroundings: FakeSurroundings;
  readonly end: StanzaCreateReport | RecoveryError;
}

/** Runs the procedure for `calendar/calendar-db` on a fake cluster; by default without a dump. */
export async function runCreation(script: Script, request: object = {}): Promise<FakeCreation> {
  const cluster = new FakeCluster(script);
  const surroundings = new FakeSurroundings();
  const whole = stanzaCreateRequestSchema.parse({
    version: 1,
    kubernetes: { context: "test" },
    cluster: "calendar/calendar-db",
    dump: { skip: "nothing worth a dump" },
    timeLimits: {},
    ...request,
  });
  const end = await createStanza(cluster, whole, surroundings).catch((error: unknown) => {
    assert(error instanceof RecoveryError, String(error));
    return error;
  });
  return { cluster, surroundings, end };
}

/** The report of a run that succeeded, valid by its schema. */
export function reportOf({ end }: FakeCreation): StanzaCreateReport {
  if (end instanceof RecoveryError) throw end;
  return stanzaCreateReportSchema.parse(end);
}

/** The error of a run that failed, with a hint. */
export function errorOf({ end }: FakeCreation): RecoveryError {
  assert(end instanceof RecoveryError, "it did not fail");
  assert(end.next, "it says what to do next");
  return end;
}

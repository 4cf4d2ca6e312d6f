import type { S3Client } from "../../clients/aws/s3.ts";
import type { SecretsManager } from "../../clients/aws/secrets-manager.ts";
import type { Duration } from "../../domain/duration.ts";
import type { Finding } from "../../domain/finding.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { chosenBackup, type ChosenBackup } from "../../domain/restore/check.ts";
import { targetOf, usesRole, type Backup, type Restore } from "../../domain/restore/restore.ts";
import { candidates, type Candidate } from "../../domain/restore/section.ts";
import { judgeTargetTime } from "../../domain/restore/preflight.ts";
import { judgeSources } from "../../domain/restore/sources.ts";
import { copySources, everyCopy } from "../../domain/secrets/copy-place.ts";
import { checkSpiloImage } from "../../domain/spilo/image.ts";
import { gathered } from "../gathered.ts";
import type { Surroundings } from "../surroundings.ts";
import { boundedBy } from "../ends.ts";
import { gatherSources } from "./sources.ts";
import { suggestRestores } from "./suggest.ts";

/**
 * Every database whose backups a bucket holds, newest backup first, each with whether its Secrets were kept.
 * When the copies cannot be listed, that is unknown.
 */
export async function offeredRestores(
  s3: S3Client,
  aws: Pick<SecretsManager, "list">,
  { bucket, harbor }: { readonly bucket: string; readonly harbor: ObjectName },
  { signal }: Surroundings,
): Promise<Candidate[]> {
  const [{ places }, kept] = await Promise.all([
    suggestRestores(s3, bucket, signal),
    gathered(
      aws.list(everyCopy).then((all) => copySources(harbor, all)),
      signal,
    ),
  ]);
  return candidates(places, kept);
}

/** A restore that a stack would declare. */
export interface PlannedRestore {
  /** Image of the database's Pods. */
  readonly image: string;
  /** Where the new database writes its own backups; absent when it makes none. */
  readonly backup?: Pick<Backup, "credentials"> | undefined;
  readonly restore: Restore;
  /** For everything that is listed and read in S3. */
  readonly timeLimit: Duration;
}

/**
 * What S3 says about a restore, before anything declares it: the backup that would be taken, and everything that the check
 * of the restore would find about the backups and the image. It asks no Kubernetes cluster.
 */
export async function judgedPlan(
  s3: S3Client,
  { backup, image, restore, timeLimit }: PlannedRestore,
  { now, signal }: Surroundings,
): Promise<{ readonly backup: ChosenBackup | null; readonly findings: Finding[] }> {
  const started = now().getTime();
  const ends = { bound: boundedBy(signal, timeLimit), stop: signal };
  const sources = await gatherSources(s3, { image, restore, now: started }, ends);
  const target = targetOf(restore);
  const findings = [
    ...checkSpiloImage(image, { restoredMajor: restore.postgresVersion, irsa: usesRole(backup, restore) }),
    ...judgeTargetTime(restore, started),
    ...judgeSources(sources, restore, target),
  ];
  return { backup: chosenBackup(sources, target), findings };
}

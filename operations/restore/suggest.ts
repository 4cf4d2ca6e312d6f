import pLimit from "p-limit";
import type { S3Client } from "../../clients/aws/s3.ts";
import type { SuggestReport, Suggestion } from "../../domain/restore/check.ts";
import { s3Url } from "../../domain/aws/s3-location.ts";
import { databaseFolder, spiloFolder, walFolder } from "../../domain/spilo/path.ts";
import { walgFolders, WalgListingReader } from "../../domain/walg/storage.ts";

const questionsAtOnce = 16;
const uidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const versionPattern = /^\d{1,2}$/;

interface Place {
  readonly prefix: string;
  /** PostgreSQL version by the path; null when it is not part of it. */
  readonly version: number | null;
}

/**
 * Every place of a bucket that holds base backups of Spilo, in the words of the setting `restore`, newest backup first.
 * It walks the folders `spilo/SCOPE[/UID]/wal[/VERSION]` and lists only the sentinels, so that a big archive costs little.
 *
 * @throws S3Error when a folder cannot be listed: an incomplete list would hide the backup that is looked for.
 */
export async function suggestRestores(s3: S3Client, bucket: string, signal: AbortSignal): Promise<SuggestReport> {
  const atOnce = pLimit(questionsAtOnce);
  const foldersIn = async (prefix: string): Promise<readonly string[]> =>
    (await atOnce(() => s3.level({ bucket, prefix }, signal))).folders;

  const inWal = async (database: Pick<Suggestion, "scope" | "uid">, prefix: string): Promise<Suggestion[]> => {
    const folders = await foldersIn(prefix);
    const places = folders.flatMap((folder): Place[] => {
      if (folder === walgFolders.backups) return [{ prefix, version: null }];
      return versionPattern.test(folder) ? [{ prefix: `${prefix}/${folder}`, version: Number(folder) }] : [];
    });
    return Promise.all(places.map((place) => atOnce(() => suggestion(s3, bucket, database, place, signal))));
  };
  const inScope = async (scope: string): Promise<Suggestion[]> => {
    const below = await foldersIn(databaseFolder(scope));
    const found = below.map((folder) => {
      const prefix = `${databaseFolder(scope)}/${folder}`;
      if (folder === walFolder) return inWal({ scope, uid: null }, prefix);
      return uidPattern.test(folder) ? inWal({ scope, uid: folder }, `${prefix}/${walFolder}`) : Promise.resolve([]);
    });
    return (await Promise.all(found)).flat();
  };
  const places = (await Promise.all((await foldersIn(spiloFolder)).map(inScope))).flat();
  const newest = ({ newest: backup }: Suggestion): string => backup?.modified ?? "";
  return {
    version: 1,
    bucket,
    places: places.toSorted((a, b) => newest(b).localeCompare(newest(a)) || a.place.localeCompare(b.place)),
  };
}

async function suggestion(
  s3: S3Client,
  bucket: string,
  { scope, uid }: Pick<Suggestion, "scope" | "uid">,
  { prefix, version }: Place,
  signal: AbortSignal,
): Promise<Suggestion> {
  const { objects } = await s3.level({ bucket, prefix: `${prefix}/${walgFolders.backups}` }, signal);
  const reader = new WalgListingReader(prefix);
  for (const object of objects) reader.add(object);
  const { backups } = reader.listing;
  const backup = backups.at(-1);
  return {
    scope,
    uid,
    postgresVersion: version,
    versionInPath: version !== null,
    place: s3Url({ bucket, prefix }),
    backups: backups.length,
    newest: backup === undefined ? null : { name: backup.name, modified: new Date(backup.modified).toISOString() },
  };
}

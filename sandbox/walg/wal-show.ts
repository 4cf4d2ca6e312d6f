import { detailJson, withMetadata } from "./backup-list.ts";
import { listBackups, type ListedBackup } from "./backups.ts";
import { Fatal, log } from "./log.ts";
import { formatLsn, parseSegment, segmentName, walFolder } from "./names.ts";
import type { Storage } from "./storage.ts";
import { borderedTable } from "./table.ts";
import { history, storedSegments } from "./timelines.ts";

interface Timeline {
  readonly id: number;
  readonly parent: number;
  readonly switchPoint: bigint;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly missing: readonly number[];
  /** Newest first. */
  readonly backups: readonly ListedBackup[];
}

/** `wal-show`: the segments of each timeline, and which of them are missing. It needs no database. */
export async function walShow(storage: Storage, json: boolean): Promise<string> {
  const timelines = await readTimelines(storage);
  return json ? detailedJson(storage, timelines) : table(timelines);
}

async function readTimelines(storage: Storage): Promise<Timeline[]> {
  const segments = storedSegments(await listWal(storage));
  const backups = (await listBackups(storage)).toReversed();
  if (backups.length === 0) log("INFO", "No backups found in storage.");
  const ids = [...new Set(segments.map(({ timeline }) => timeline))];
  return Promise.all(
    ids.map(async (id) => {
      const numbers = segments.filter(({ timeline }) => timeline === id).map(({ number }) => number);
      const [first = 0, last = 0] = [numbers[0], numbers.at(-1)];
      const present = new Set(numbers);
      const range = Array.from({ length: last - first + 1 }, (_number, index) => first + index);
      const parent = (await history(storage, id)).at(-1);
      return {
        id,
        parent: parent?.timeline ?? 0,
        switchPoint: parent?.lsn ?? 0n,
        first,
        last,
        count: present.size,
        missing: range.filter((number) => !present.has(number)),
        backups: backups.filter(({ walFile }) => parseSegment(walFile)?.timeline === id),
      };
    }),
  );
}

async function listWal(storage: Storage): ReturnType<Storage["list"]> {
  try {
    return await storage.list(walFolder);
  } catch (error) {
    throw new Fatal(`Failed to get the WAL folder filenames ${error instanceof Error ? error.message : ""}`);
  }
}

const columns = [
  "TLI",
  "PARENT TLI",
  "SWITCHPOINT LSN",
  "START SEGMENT",
  "END SEGMENT",
  "SEGMENT RANGE",
  "SEGMENTS COUNT",
  "STATUS",
  "BACKUPS COUNT",
];
const textColumns = ["START SEGMENT", "END SEGMENT", "STATUS"];

function table(timelines: readonly Timeline[]): string {
  const rows = timelines.map(({ id, parent, switchPoint, first, last, count, missing, backups }) => [
    String(id),
    String(parent),
    formatLsn(switchPoint),
    segmentName({ timeline: id, number: first }),
    segmentName({ timeline: id, number: last }),
    String(last - first + 1),
    String(count),
    statusOf(missing),
    String(backups.length),
  ]);
  return borderedTable(
    columns,
    rows,
    columns.filter((column) => !textColumns.includes(column)),
  );
}

/** No line break at the end. */
async function detailedJson(storage: Storage, timelines: readonly Timeline[]): Promise<string> {
  const texts = await Promise.all(
    timelines.map(async ({ id, parent, switchPoint, first, last, count, missing, backups }) => {
      const detailed = await Promise.all(backups.map((backup) => withMetadata(storage, backup)));
      const name = (number: number): string => JSON.stringify(segmentName({ timeline: id, number }));
      const position = `"id":${id},"parent_id":${parent},"switch_point_lsn":${switchPoint}`;
      const range = `"start_segment":${name(first)},"end_segment":${name(last)},"segments_count":${count}`;
      const found = `"backups":[${detailed.map(detailJson).join(",")}],"segment_range_size":${last - first + 1}`;
      const gaps = `"missing_segments":[${missing.map(name).join(",")}]`;
      return `{${position},${range},${gaps},${found},"status":"${statusOf(missing)}"}`;
    }),
  );
  return `[${texts.join(",")}]`;
}

function statusOf(missing: readonly number[]): string {
  return missing.length === 0 ? "OK" : "LOST_SEGMENTS";
}

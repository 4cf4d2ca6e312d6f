import { lsn } from "./timeline.ts";

/** What `global/pg_control` says of its database. */
export interface ControlFile {
  /** All 64 bits, in decimal digits. */
  readonly systemIdentifier: string;
  /** Version of the file's own form. */
  readonly version: number;
  /** Position from which its last checkpoint replays; undefined for a form of which the place is not known here. */
  readonly redo?: bigint | undefined;
}

/** `PG_CONTROL_VERSION` (pg_control.h) by major version. */
const controlVersions: Readonly<Record<number, number>> = {
  10: 1002,
  11: 1100,
  12: 1201,
  13: 1300,
  14: 1300,
  15: 1300,
};

/** Versions in which `checkPointCopy.redo` is at {@link redoOffset} (pg_control.h, since PostgreSQL 11). */
const redoKnownFor = [1100, 1201, 1300];
const redoOffset = 40;

/** The size of the file in every version. */
const fileBytes = 8192;

/** Reads pg_control, of a machine with little-endian numbers, as Spilo's are. Undefined when it is not of that size. */
export function readControlFile(content: Uint8Array): ControlFile | undefined {
  if (content.length !== fileBytes) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const version = view.getUint32(8, true);
  const redo = redoKnownFor.includes(version) ? view.getBigUint64(redoOffset, true) : undefined;
  return { systemIdentifier: view.getBigUint64(0, true).toString(), version, redo };
}

/**
 * What is wrong when a pg_control is of another backup of the same database; undefined when it may be of this one. WAL-G
 * stores the file after the backup's first checkpoint and before its end.
 */
export function controlMomentProblem(
  { redo }: ControlFile,
  { startLsn, finishLsn }: { readonly startLsn: bigint | undefined; readonly finishLsn: bigint | undefined },
): string | undefined {
  if (redo === undefined || startLsn === undefined || finishLsn === undefined) return undefined;
  if (redo >= startLsn && redo <= finishLsn) return undefined;
  return `its pg_control has the checkpoint of ${lsn(redo)}, and the backup goes from ${lsn(startLsn)} to ${lsn(finishLsn)}`;
}

/**
 * What pg_control contradicts in the backup's description; undefined when nothing, as far as the description says.
 *
 * @example controlFileProblem({ systemIdentifier: "1", version: 1201 }, { systemIdentifier: "2", postgresMajor: 12 })
 * // → "its pg_control is of another database (system identifier 1) than its sentinel says (2)"
 */
export function controlFileProblem(
  control: ControlFile,
  {
    systemIdentifier,
    postgresMajor,
  }: { readonly systemIdentifier: string | undefined; readonly postgresMajor: number | undefined },
): string | undefined {
  if (systemIdentifier !== undefined && control.systemIdentifier !== systemIdentifier)
    return `its pg_control is of another database (system identifier ${control.systemIdentifier}) than its sentinel says (${systemIdentifier})`;
  const version = postgresMajor === undefined ? undefined : controlVersions[postgresMajor];
  if (version !== undefined && control.version !== version)
    return `its pg_control has the form ${control.version}, and that of PostgreSQL ${postgresMajor} is ${version}`;
  return undefined;
}

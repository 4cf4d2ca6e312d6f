import pLimit from "p-limit";
import type { S3Creator } from "../../clients/aws/s3-create.ts";
import type { S3Client } from "../../clients/aws/s3.ts";
import type { S3Location } from "../../domain/aws/s3-location.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { ledgerEntrySchema, type LedgerDraft, type LedgerEntry } from "../../domain/ledger/entry.ts";
import type { LedgerObject } from "../../domain/ledger/judge.ts";
import { entryKey, entryNumber, objectHash } from "../../domain/ledger/place.ts";
import { signed, type Signer } from "../../domain/ledger/signature.ts";
import { gathered } from "../gathered.ts";
import type { Ends } from "../ends.ts";

/** Objects read at the same time. */
const objectsAtOnce = 16;
/** How often another writer may come first. */
const tries = 5;

/** All objects of a ledger. One that cannot be read does not hide the others. @throws S3Error when it cannot be listed. */
export async function readLedger(
  s3: Pick<S3Client, "list" | "text">,
  ledger: S3Location,
  { bound, stop }: Ends,
): Promise<LedgerObject[]> {
  const numbers = await entryNumbers(s3, ledger, bound);
  const atOnce = pLimit(objectsAtOnce);
  const read = async (number: number): Promise<LedgerObject> => {
    const object = { bucket: ledger.bucket, key: entryKey(ledger.prefix, number) };
    return { number, content: await gathered(s3.text(object, bound), stop) };
  };
  return Promise.all(numbers.map((number) => atOnce(() => read(number))));
}

/** Who writes into a ledger, and with what. */
export interface LedgerWriter {
  readonly s3: Pick<S3Client, "list" | "text">;
  readonly creator: Pick<S3Creator, "create">;
  readonly signer: Signer;
  /** The program, with its version. */
  readonly tool: string;
}

/**
 * Adds an entry at the end of a ledger, signed, and tied to the entry before it. Nothing that is there is changed: when
 * another writer comes first, the entry gets the next number.
 *
 * @returns the entry, when S3 has it.
 * @throws S3Error, RecoveryError `ledger-contended` when others came first again and again, or the signal's reason.
 */
export async function appendToLedger(
  { s3, creator, signer, tool }: LedgerWriter,
  ledger: S3Location,
  draft: LedgerDraft,
  signal: AbortSignal,
): Promise<LedgerEntry> {
  for (let time = 0; time < tries; time += 1) {
    const last = (await entryNumbers(s3, ledger, signal)).at(-1);
    const before = last === undefined ? undefined : { bucket: ledger.bucket, key: entryKey(ledger.prefix, last) };
    const previous = before === undefined ? null : objectHash(await s3.text(before, signal));
    const entry = ledgerEntrySchema.parse({ ...draft, version: 1, number: (last ?? 0) + 1, previous, tool });
    const text = await signed(entry, signer);
    const object = { bucket: ledger.bucket, key: entryKey(ledger.prefix, entry.number) };
    if ((await creator.create(object, text, signal)) === "created") return entry;
    // The first answer may have been lost: then the object is this very one.
    if ((await s3.text(object, signal)) === text) return entry;
  }
  throw new RecoveryError("ledger-contended", `another writer came first ${tries} times in a row`, {
    next: "run again, when no other check or drill of this database ends",
  });
}

/** The numbers of the entries, in rising order. */
async function entryNumbers(
  s3: Pick<S3Client, "list">,
  { bucket, prefix }: S3Location,
  signal: AbortSignal,
): Promise<number[]> {
  const numbers: number[] = [];
  await s3.list({ bucket, prefix: `${prefix}/` }, signal, (page) => {
    numbers.push(...page.flatMap(({ key }) => entryNumber(prefix, key) ?? []));
    return undefined;
  });
  return numbers.toSorted((a, b) => a - b);
}

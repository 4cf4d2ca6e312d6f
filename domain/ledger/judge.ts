import { parseS3Url, s3Url, type S3Location } from "../aws/s3-location.ts";
import { findingsAt, type Finding } from "../finding.ts";
import type { Gathered } from "../gathered.ts";
import { ledgerEntrySchema, type LedgerEntry } from "./entry.ts";
import { entryKey, ledgerOf, objectHash } from "./place.ts";
import { verified, type NamedKey, type Verified } from "./signature.ts";

/** An object of the ledger: its text, or why it could not be read. */
export interface LedgerObject {
  readonly number: number;
  readonly content: Gathered<string>;
}

/** Why an entry is not proven. */
export const notProvenReasons = [
  "unsigned",
  "unknown-key",
  "forged",
  "unknown-form",
  "misplaced",
  "replaced",
  "unread",
] as const;
type Reason = (typeof notProvenReasons)[number];

/** An entry that is signed by a known key for its place in this ledger, and was not replaced since. */
export interface ProvenEntry {
  readonly number: number;
  readonly keyId: string;
  readonly entry: LedgerEntry;
}

/** Any other entry. What it says counts for nothing, so it is not kept. */
export interface UnprovenEntry {
  readonly number: number;
  /** The key that it names; undefined when it names none. */
  readonly keyId: string | undefined;
  readonly reason: Reason;
  /** The same for a person. */
  readonly why: string;
}

export type JudgedEntry = ProvenEntry | UnprovenEntry;

/** A ledger, and what is wrong with it. */
export interface JudgedLedger {
  /** In the order of their numbers. */
  readonly entries: readonly JudgedEntry[];
  readonly findings: readonly Finding[];
}

/** Whether an entry counts. */
export function isProven(entry: JudgedEntry): entry is ProvenEntry {
  return "entry" in entry;
}

/**
 * Judges the objects of a ledger: whether each is signed by a known key, and whether one was removed or replaced, which the
 * hash in the entry after it shows. Nothing shows that the newest entries were removed.
 *
 * @param ledger the place of the ledger.
 * @param keys public keys that are trusted.
 */
export async function judgeLedger(
  ledger: S3Location,
  objects: readonly LedgerObject[],
  keys: readonly NamedKey[],
): Promise<JudgedLedger> {
  const sorted = objects.toSorted((a, b) => a.number - b.number);
  const judged = await Promise.all(sorted.map((object) => judgeObject(ledger, object, keys)));
  const replaced = replacedNumbers(sorted, judged);
  const entries = judged.map((entry) =>
    isProven(entry) && replaced.has(entry.number)
      ? notProven(entry, "replaced", "is not the object after which the next entry was signed")
      : entry,
  );
  return { entries, findings: judgeEntries(ledger, entries) };
}

async function judgeObject(
  ledger: S3Location,
  { number, content }: LedgerObject,
  keys: readonly NamedKey[],
): Promise<JudgedEntry> {
  if ("failed" in content) return notProven({ number }, "unread", `could not be read: ${content.failed}`);
  const signature = await verified(content.found, keys);
  const named = { number, keyId: signature.keyId };
  if ("problem" in signature) return notProven(named, signature.problem, problemText(signature));
  const { data } = ledgerEntrySchema.safeParse(signature.content);
  if (data === undefined) return notProven(named, "unknown-form", "is of a form that this version does not know");
  const place = parseS3Url(data.place);
  const isOfLedger = place !== undefined && s3Url(ledgerOf(place)) === s3Url(ledger);
  if (!isOfLedger || data.number !== number)
    return notProven(named, "misplaced", `was signed as entry ${data.number} of the backups at ${data.place}`);
  return { number, keyId: signature.keyId, entry: data };
}

function notProven(
  { number, keyId }: { readonly number: number; readonly keyId?: string | undefined },
  reason: Reason,
  why: string,
): UnprovenEntry {
  return { number, keyId, reason, why };
}

function problemText({ keyId, problem }: Extract<Verified, { problem: unknown }>): string {
  switch (problem) {
    case "unsigned":
      return "is not signed";
    case "unknown-key":
      return `is signed with the key ${keyId}, which was not given`;
    case "forged":
      return `has a signature that the key ${keyId} did not make`;
  }
}

/** Entries that are not the ones that the signed entry after each has seen. */
function replacedNumbers(objects: readonly LedgerObject[], judged: readonly JudgedEntry[]): Set<number> {
  const hashes = new Map(
    objects.flatMap(({ number, content }) =>
      "found" in content ? [[number, objectHash(content.found)] as const] : [],
    ),
  );
  const before = judged.filter(isProven).map(({ number, entry }) => ({ number: number - 1, hash: entry.previous }));
  const replaced = before.filter(({ number, hash }) => hashes.has(number) && hashes.get(number) !== hash);
  return new Set(replaced.map(({ number }) => number));
}

function judgeEntries(ledger: S3Location, entries: readonly JudgedEntry[]): Finding[] {
  const at = findingsAt(s3Url(ledger));
  if (entries.length === 0) {
    const fix = "write the first entry: backup verify --read --remember --signing-key-file FILE";
    return [at.warn("ledger-empty", "holds no proof", fix)];
  }
  const findings = entries.flatMap((entry) => (isProven(entry) ? [] : [judgeUnproven(ledger, entry)]));
  const missing = missingEntries(entries);
  if (missing.length > 0) {
    const what = `lacks ${missing.slice(0, 3).join(", ")}${missing.length > 3 ? " and others" : ""}`;
    const fix = "find out who deletes there; bring the objects back, if the bucket keeps versions";
    findings.push(at.refuse("ledger-entry-missing", what, fix));
  }
  return findings.length > 0 ? findings : [at.ok("ledger-whole", `all ${entries.length} entries are proven`)];
}

/** The holes in the numbers, for a person. */
function missingEntries(entries: readonly JudgedEntry[]): string[] {
  return entries.flatMap(({ number }, index) => {
    const first = (entries[index - 1]?.number ?? 0) + 1;
    if (first === number) return [];
    return [first === number - 1 ? `entry ${first}` : `entries ${first} to ${number - 1}`];
  });
}

function judgeUnproven(ledger: S3Location, { number, reason, why }: UnprovenEntry): Finding {
  const at = findingsAt(`s3://${ledger.bucket}/${entryKey(ledger.prefix, number)}`);
  switch (reason) {
    case "unread":
      return at.unknown("ledger-entry-unread", why, "give the credentials s3:GetObject on it, then look again");
    case "unknown-key":
      return at.unknown("ledger-key-unknown", why, "give the public key with --public-key-file, if you trust it");
    case "unknown-form":
      return at.unknown("ledger-entry-newer", why, "use the version that wrote it");
    case "replaced":
      return at.refuse("ledger-entry-replaced", why, "bring its first version back, if the bucket keeps versions");
    case "unsigned":
    case "forged":
    case "misplaced":
      return at.refuse("ledger-entry-forged", why, "find out who wrote it; what it says counts for nothing");
  }
}

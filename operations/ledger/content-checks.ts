import type { S3Creator } from "../../clients/aws/s3-create.ts";
import type { S3Access, S3Client } from "../../clients/aws/s3.ts";
import { s3Url } from "../../domain/aws/s3-location.ts";
import type { GatheredPrefix } from "../../domain/backups/recoverability.ts";
import { findingsAt, type Finding } from "../../domain/finding.ts";
import { contentCheckDraft, type ContentCheck } from "../../domain/ledger/content-check.ts";
import { isProven, judgeLedger } from "../../domain/ledger/judge.ts";
import { entryKey, ledgerOf } from "../../domain/ledger/place.ts";
import { nothingProven, provenContents, type ProvenContents } from "../../domain/ledger/proven.ts";
import type { NamedKey, Signer } from "../../domain/ledger/signature.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import type { Ends } from "../ends.ts";
import { gathered } from "../gathered.ts";
import { appendToLedger, readLedger } from "./ledger.ts";

const dayMilliseconds = 86_400_000;

/** How content checks are remembered. */
export interface ProofKeys {
  /** Signs the entry. */
  readonly signer: Signer | undefined;
  /** Whose entries count. */
  readonly trusted: readonly NamedKey[];
  /** The program, with its version. */
  readonly tool: string;
  readonly connectCreator: (access: S3Access) => Promise<S3Creator>;
}

/** What earlier checks have proven, and what is wrong with their ledger. */
export interface EarlierChecks {
  readonly proven: ProvenContents;
  readonly findings: readonly Finding[];
}

/**
 * What need not be read again. Entries that do not count are left out; those that somebody has forged, removed or replaced
 * are findings.
 *
 * @throws S3Error when the ledger cannot be listed.
 */
export async function earlierChecks(
  s3: Pick<S3Client, "list" | "text">,
  { listing, location }: GatheredPrefix,
  { reverifyAfter }: Pick<TaskOf<"backup verify">, "reverifyAfter">,
  keys: ProofKeys | undefined,
  now: number,
  ends: Ends,
): Promise<EarlierChecks> {
  if (reverifyAfter === undefined || keys === undefined) return { proven: nothingProven, findings: [] };
  const ledger = ledgerOf(location);
  const { entries, findings } = await judgeLedger(ledger, await readLedger(s3, ledger, ends), keys.trusted);
  const counting = entries.filter(isProven).map(({ entry }) => entry);
  return {
    proven: provenContents(counting, listing, now - Number.parseInt(reverifyAfter, 10) * dayMilliseconds),
    findings: findings.filter(({ severity }) => severity === "refuse"),
  };
}

/** Where S3 has what was found out, or a finding why not: the hours that it took are not thrown away. */
export async function remember(
  s3: Pick<S3Client, "list" | "text">,
  access: S3Access,
  check: ContentCheck,
  { connectCreator, signer, tool }: ProofKeys & { readonly signer: Signer },
  stop: AbortSignal,
): Promise<{ readonly remembered: string } | { readonly finding: Finding }> {
  const ledger = ledgerOf(check.prefix.location);
  const creator = await connectCreator(access);
  try {
    const written = await gathered(
      appendToLedger({ s3, creator, signer, tool }, ledger, contentCheckDraft(check), stop),
      stop,
    );
    if ("found" in written)
      return { remembered: `s3://${ledger.bucket}/${entryKey(ledger.prefix, written.found.number)}` };
    const at = findingsAt(s3Url(ledger));
    const fix = "give the credentials s3:PutObject, s3:GetObject and s3:ListBucket there, then verify again";
    return { finding: at.unknown("ledger-not-written", `did not take the proof: ${written.failed}`, fix) };
  } finally {
    creator.close();
  }
}

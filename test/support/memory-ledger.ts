import { generateKeyPairSync } from "node:crypto";
import type { S3Creator } from "../../clients/aws/s3-create.ts";
import type { S3Client } from "../../clients/aws/s3.ts";
import type { LedgerDraft } from "../../domain/ledger/entry.ts";
import { namedKey, type Signer } from "../../domain/ledger/signature.ts";
import type { LedgerWriter } from "../../operations/ledger/ledger.ts";

/** A new key to sign with. */
export async function newSigner(): Promise<Signer> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const named = await namedKey(publicKey);
  return { id: named.id, key: privateKey, publicKey: named };
}

/** A proof of the backups at `place`. */
export function draftOf(changes: Partial<LedgerDraft> = {}): LedgerDraft {
  return {
    kind: "drill",
    at: "2026-11-24T20:00:00.000Z",
    cluster: "harbor-cluster/harbor-cluster",
    context: "dev",
    place: "s3://bkt/spilo/db/uid/wal/12",
    systemIdentifier: "7710366851552716423",
    backup: "base_000000010000000000000016",
    drill: "d1",
    target: null,
    verdict: "proven",
    checks: [{ check: "data", status: "ok", codes: [] }],
    rpoSeconds: 60,
    rpoTargetSeconds: 300,
    rtoSeconds: 600,
    rtoTargetSeconds: null,
    seconds: 600,
    bytesRead: null,
    databaseBytes: null,
    contents: null,
    ...changes,
  };
}

/** Objects in memory that are created once and never changed. */
export class MemoryLedger implements Pick<S3Client, "list" | "text">, Pick<S3Creator, "create"> {
  readonly objects = new Map<string, string>();
  /** Runs before an object is created. */
  beforeCreate: (key: string) => Promise<void> = () => Promise.resolve();
  /** Whether the answers to the next creations are lost, so that the client sends them again. */
  losesAnswers = false;

  async list(
    { prefix }: Parameters<S3Client["list"]>[0],
    _: AbortSignal,
    take: Parameters<S3Client["list"]>[2],
  ): Promise<void> {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    await take(keys.map((key) => ({ key, size: 1, modified: 0 })));
  }

  text({ key }: Parameters<S3Client["text"]>[0]): Promise<string> {
    const text = this.objects.get(key);
    return text === undefined ? Promise.reject(new Error(`no object ${key}`)) : Promise.resolve(text);
  }

  async create({ key }: Parameters<S3Creator["create"]>[0], text: string): Promise<"created" | "exists"> {
    await this.beforeCreate(key);
    if (this.objects.has(key)) return "exists";
    this.objects.set(key, text);
    return this.losesAnswers ? "exists" : "created";
  }

  writer(signer: Signer): LedgerWriter {
    return { s3: this, creator: this, signer, tool: "postgres-recovery 0.1.0" };
  }
}

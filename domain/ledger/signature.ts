import type { KeyObject } from "node:crypto";
import { calculateJwkThumbprint, CompactSign, compactVerify, decodeProtectedHeader, errors, exportJWK } from "jose";

const algorithm = "EdDSA";
const type = "postgres-recovery-proof";

/** A key, and the name by which entries call it. */
export interface NamedKey {
  /** JWK thumbprint of the public key (RFC 7638). */
  readonly id: string;
  readonly key: KeyObject;
}

/** Signs entries. */
export interface Signer extends NamedKey {
  /** The same key's public part. */
  readonly publicKey: NamedKey;
}

/** The name of a public key, which is the same for everybody who has it. */
export async function namedKey(key: KeyObject): Promise<NamedKey> {
  return { id: await calculateJwkThumbprint(await exportJWK(key)), key };
}

/** The content as a compact JWS (RFC 7515), signed with Ed25519. The same content always gives the same text. */
export async function signed(content: unknown, { id, key }: Signer): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(content)))
    .setProtectedHeader({ alg: algorithm, typ: type, kid: id })
    .sign(key);
}

/** What a signature says: the content that it covers, or why it covers none. */
export type Verified =
  | { readonly keyId: string; readonly content: unknown }
  | { readonly keyId: string | undefined; readonly problem: "unsigned" | "unknown-key" | "forged" };

/**
 * The content of a signed object, by the key that its header names.
 *
 * @param keys public keys that are trusted.
 */
export async function verified(text: string, keys: readonly NamedKey[]): Promise<Verified> {
  const header = headerOf(text);
  if (header?.alg !== algorithm || header.typ !== type || header.kid === undefined)
    return { keyId: header?.kid, problem: "unsigned" };
  const keyId = header.kid;
  const key = keys.find(({ id }) => id === keyId);
  if (key === undefined) return { keyId, problem: "unknown-key" };
  try {
    const { payload } = await compactVerify(text, key.key, { algorithms: [algorithm] });
    return { keyId, content: JSON.parse(Buffer.from(payload).toString("utf8")) };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError) return { keyId, problem: "forged" };
    throw error;
  }
}

function headerOf(text: string): ReturnType<typeof decodeProtectedHeader> | undefined {
  try {
    return decodeProtectedHeader(text);
  } catch {
    return undefined;
  }
}

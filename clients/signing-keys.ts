import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ErrorCode } from "../domain/catalogue/error-codes.ts";
import { RecoveryError } from "../domain/errors.ts";
import { namedKey, type NamedKey, type Signer } from "../domain/ledger/signature.ts";

const makeKey = "openssl genpkey -algorithm ed25519 -out FILE";
const makePublicKey = "openssl pkey -in PRIVATE-KEY-FILE -pubout -out FILE";

/** The private key in a PEM file. @throws RecoveryError without the file's content. */
export async function readSigner(file: string): Promise<Signer> {
  const key = await keyIn(file, createPrivateKey, "signing-key-unusable", `make one: ${makeKey}`);
  const publicKey = await namedKey(createPublicKey(key));
  return { id: publicKey.id, key, publicKey };
}

/** The public key in a PEM file. @throws RecoveryError without the file's content. */
export async function readPublicKey(file: string): Promise<NamedKey> {
  return namedKey(await keyIn(file, publicKeyOnly, "public-key-unusable", `make it: ${makePublicKey}`));
}

/** `createPublicKey` also takes a private key, which nobody should hand out by mistake. */
function publicKeyOnly(pem: string): KeyObject {
  if (pem.includes("PRIVATE KEY")) throw new Error("a private key");
  return createPublicKey(pem);
}

async function keyIn(
  file: string,
  parse: (pem: string) => KeyObject,
  code: Extract<ErrorCode, "signing-key-unusable" | "public-key-unusable">,
  next: string,
): Promise<KeyObject> {
  const pem = await readFile(file, "utf8").catch((error: unknown) => {
    const why = error instanceof Error && "code" in error ? String(error.code) : "no file";
    throw new RecoveryError(code, `${file} cannot be read (${why})`, { next });
  });
  const what = code === "signing-key-unusable" ? "private" : "public";
  // Without the cause: OpenSSL's messages may quote the file.
  const unusable = new RecoveryError(code, `${file} holds no ${what} Ed25519 key in PEM`, { next });
  let key: KeyObject;
  try {
    key = parse(pem);
  } catch {
    throw unusable;
  }
  if (key.asymmetricKeyType !== "ed25519") throw unusable;
  return key;
}

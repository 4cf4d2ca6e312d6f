import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { readPublicKey, readSigner } from "../../../clients/signing-keys.ts";
import { signed, verified } from "../../../domain/ledger/signature.ts";

describe("keys that sign proofs", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const privatePem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  let folder = "";
  const file = async (content: string): Promise<string> => {
    await writeFile(join(folder, "key.pem"), content);
    return join(folder, "key.pem");
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "signing-keys-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("what the private key signs, the public key proves", async () => {
    const signer = await readSigner(await file(privatePem));
    const named = await readPublicKey(await file(publicPem));
    assert.equal(signer.id, named.id);
    assert.deepEqual(await verified(await signed({ a: 1 }, signer), [named]), { keyId: named.id, content: { a: 1 } });
  });

  it("a file that holds something else is refused without its content", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const cases = [
      "canary-content",
      privatePem.replace(/\n.{8}/, "\ncanary-x"),
      publicPem,
      rsa.export({ type: "pkcs8", format: "pem" }).toString(),
    ];
    for (const content of cases) {
      const error: unknown = await readSigner(await file(content)).catch((thrown: unknown) => thrown);
      assert.match(inspect(error), /holds no private Ed25519 key in PEM/);
      const quoted = content.split("\n").filter((line) => line.length > 8 && inspect(error).includes(line));
      assert.deepEqual(quoted, []);
    }
    await assert.rejects(readSigner(join(folder, "missing")), { code: "signing-key-unusable", message: /ENOENT/ });
  });

  it("a private key is no public key, so that nobody hands it out by mistake", async () => {
    await assert.rejects(readPublicKey(await file(privatePem)), { code: "public-key-unusable" });
  });
});

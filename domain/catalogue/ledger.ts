import type { Explanations } from "./explanation.ts";

/** The ledger of proofs. */
export const ledger = {
  "signing-key-unusable": {
    title: "the file of --signing-key-file holds no key that can sign",
    means: "The file cannot be read, or holds something else than one private Ed25519 key in PEM. Nothing was read.",
    todo: "Make a key with `openssl genpkey -algorithm ed25519 -out FILE`, and keep it where only the check can read it.",
  },
  "public-key-unusable": {
    title: "the file of --public-key-file holds no public key",
    means: "The file cannot be read, or holds something else than one public Ed25519 key in PEM.",
    todo: "Make it from the private key: `openssl pkey -in PRIVATE-KEY-FILE -pubout -out FILE`.",
  },
  "ledger-contended": {
    title: "other writers of the ledger always came first",
    means: "Each entry has a number of its own, and other entries took the next number five times in a row.",
    matters: "What was found out is not remembered.",
    todo: "Run again. Two checks of one database need not run at the same time.",
    green: "The ledger itself is whole, and has the other writers' entries.",
  },
  "ledger-empty": {
    title: "no proof was ever written",
    means: "There is no object below `proofs/` beside the backups.",
    matters: "Nothing shows that a backup was ever read or restored.",
    todo: "Write the first entry with `backup verify --read --remember --signing-key-file FILE`.",
    green: "Backups are made, and the listing finds them complete.",
  },
  "ledger-entry-missing": {
    title: "an entry was removed from the ledger",
    means: "A later entry exists, and one before it does not. Entries are numbered from 1 on, without a hole.",
    matters: "Somebody may have removed a proof that failed.",
    todo: "Find out who deletes below `proofs/`. Bring the object back from an older version, if the bucket keeps versions. Object Lock prevents it.",
    green: "Every entry that is left has a valid signature.",
  },
  "ledger-entry-replaced": {
    title: "an entry was replaced after the next one was written",
    means: "Each entry has the hash of the one before it. The object that is there has another hash.",
    matters: "Its signature may be valid, and yet it is not what was written first.",
    todo: "Compare its versions, if the bucket keeps versions, and bring the first one back.",
    green: "Its signature may be valid.",
  },
  "ledger-entry-forged": {
    title: "an entry of the ledger is not signed by the key that it names",
    means:
      "Its object is no signed entry, its signature is wrong, or it was signed for another number or another database's ledger.",
    matters: "Anybody who can write to the bucket may have made it. What it says counts for nothing.",
    todo: "Find out who wrote it. The next entries are valid all the same.",
    green: "The other entries are proven.",
  },
  "ledger-entry-unread": {
    title: "an entry of the ledger could not be read",
    means: "S3 did not return the object; the message says why.",
    matters: "It is not known what it proves.",
    todo: "Give the credentials s3:GetObject on it, then look again.",
    green: "The other entries are proven.",
  },
  "ledger-entry-newer": {
    title: "an entry of the ledger is of an unknown form",
    means: "It is signed by a known key, and this version does not know its form. A newer version wrote it.",
    matters: "It is not known what it proves.",
    todo: "Use the version that wrote it.",
    green: "Its signature is valid.",
  },
  "ledger-key-unknown": {
    title: "an entry of the ledger is signed with a key that was not given",
    means: "No --public-key-file has the key that the entry names.",
    matters: "Anybody can sign with a key of their own. What the entry says is not known to be true.",
    todo: "Give the public key with --public-key-file, if you trust it. The option may be given more than once, so that an old key still counts.",
    green: "The other entries are proven.",
  },
  "ledger-not-written": {
    title: "what was found out could not be written into the ledger",
    means: "Everything was read and judged, and S3 did not take the entry; the message says why.",
    matters: "The next check with --reverify-after reads everything again.",
    todo: "Give the credentials s3:PutObject below `proofs/`, and s3:ListBucket and s3:GetObject there; then verify again.",
    green: "The findings of the check itself are complete.",
  },
} satisfies Partial<Explanations>;

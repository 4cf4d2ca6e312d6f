import { z } from "zod";

const key = z.string().regex(/^\S+$/, "must be given, without spaces or line breaks");

/** A pair of AWS access keys. */
export const accessKeysSchema = z.strictObject({ accessKeyId: key, secretAccessKey: key });
export type AccessKeys = z.infer<typeof accessKeysSchema>;

/** A pair of access keys that may be temporary. */
export const sessionKeysSchema = accessKeysSchema.extend({ sessionToken: key.exactOptional() });
export type SessionKeys = z.infer<typeof sessionKeysSchema>;

/** Keys that the database's Pods use to write backups, and to read the backups to restore. Absent where a role is used. */
export interface DatabaseKeys {
  readonly backup?: AccessKeys | undefined;
  readonly restore?: AccessKeys | undefined;
}

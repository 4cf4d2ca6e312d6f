import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { execa } from "execa";

/** The operating system user that owns and runs the databases. */
export interface Account {
  uid: number;
  gid: number;
}

/** The calling user, except for root, as which Postgres refuses to run. For root it is the Debian packages' user `postgres`. */
export async function databaseAccount(): Promise<Account> {
  const caller = userInfo();
  if (caller.uid !== 0) return { uid: caller.uid, gid: caller.gid };
  const [uid, gid] = await Promise.all([execa`id -u postgres`, execa`id -g postgres`]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** Creates a folder that only the account may enter, unless another mode is given. */
export async function createFolder(path: string, account: Account, mode = 0o700): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, mode);
  await chown(path, account.uid, account.gid);
}

/** Writes a file that only the account may read. */
export async function createFile(path: string, text: string, account: Account): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await chown(path, account.uid, account.gid);
}

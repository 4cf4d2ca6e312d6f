import { findingsAt, type Finding } from "../../finding.ts";
import type { Judged } from "./checks.ts";

/**
 * What the server said to a login over TCP.
 * - `accepted`: logged in. `any-accepted`: also with a password that is surely wrong, so that the login proves nothing.
 * - `refused`: the password is wrong, or the role is missing.
 */
export type LoginAnswer =
  { readonly login: "accepted" | "any-accepted" } | { readonly login: "refused" | "unknown"; readonly message: string };

export interface TriedLogin {
  readonly role: string;
  /** Name of the Secret with its password. */
  readonly secret: string;
  readonly answer: LoginAnswer;
}

/** Whether the passwords of the Secrets are those of the restored roles. */
export function judgeLogins(where: string, logins: readonly TriedLogin[]): Judged {
  const expected = `the passwords of ${logins.map(({ secret }) => secret).join(", ")} are accepted`;
  const found = logins.map(({ role, answer }) => `${role} ${answer.login}`).join(", ");
  const findings = logins.flatMap((login) => loginFinding(where, login));
  if (findings.length > 0) return { expected, found, findings };
  const what = `accepts the passwords of ${logins.map(({ role }) => role).join(", ")}, and no other`;
  return { expected, found, findings: [findingsAt(where).ok("restored-passwords-work", what)] };
}

function loginFinding(where: string, { role, secret, answer }: TriedLogin): Finding[] {
  const at = findingsAt(where);
  switch (answer.login) {
    case "accepted":
      return [];
    case "any-accepted": {
      const what = `lets ${role} in with any password, so that the one of Secret ${secret} proves nothing`;
      return [at.unknown("restored-password-untried", what, "see the first lines of pg_hba for the Pod's own address")];
    }
    case "refused": {
      const what = `refuses the password of Secret ${secret}: ${answer.message}`;
      const fix = `give the role the password of the Secret (alter role), or restore the Secret that belongs to this backup`;
      return [at.refuse("restored-password-refused", what, fix)];
    }
    case "unknown": {
      const what = `the password of Secret ${secret} could not be tried: ${answer.message}`;
      return [at.unknown("restored-password-untried", what, "correct that, then verify again")];
    }
  }
}

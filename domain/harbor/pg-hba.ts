import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";

/** The list in the restore runbook. harbor-operator's pull request 979 has the same. */
export const runbookPgHba: readonly string[] = [
  "hostssl all             all        0.0.0.0/0 md5",
  "host    all             all        0.0.0.0/0 md5",
  "local   all             all        trust",
  "local   replication     postgres   trust",
  "hostssl replication     postgres   all       md5",
  "local   replication     standby    trust",
  "hostssl replication     standby    all       md5",
  "hostssl all             +zalandos  all       pam",
  "hostssl all             all        all       md5",
];

/** The two lines that the Harbor operator writes. With these alone, neither Patroni nor a backup can connect. */
export const harborOperatorPgHba: readonly string[] = [
  "hostssl all all 0.0.0.0/0 md5",
  "host    all all 0.0.0.0/0 md5",
];

/**
 * The whole list for a cluster: own lines, then the runbook's. PostgreSQL uses the first line that matches a connection. The
 * runbook's first two lines match every IPv4 connection, so an own line after them would have no effect.
 */
export function requiredPgHba(ownLines: readonly string[]): string[] {
  return [...ownLines, ...runbookPgHba];
}

const connectionTypes = ["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"] as const;
type ConnectionType = (typeof connectionTypes)[number];

/** One line of pg_hba. */
export interface HbaLine {
  readonly type: ConnectionType;
  readonly databases: readonly string[];
  readonly users: readonly string[];
  /** Undefined for `local`. A separate mask is joined with a slash. */
  readonly address: string | undefined;
  readonly method: string;
  readonly options: readonly string[];
}

/** Parses one line. Undefined for a comment or an empty line; a problem for a line that PostgreSQL would refuse. */
export function parseHbaLine(line: string): HbaLine | undefined | { readonly problem: string } {
  const fields = fieldsOf(line);
  if (fields === undefined) return { problem: "a quote is not closed" };
  const [type, databases, users, ...rest] = fields;
  if (type === undefined) return undefined;
  const known = connectionTypes.find((name) => name === type);
  if (known === undefined) return { problem: `begins with none of ${connectionTypes.join(", ")}` };
  if (databases === undefined || users === undefined) return { problem: "needs a database and a user" };
  const names = { type: known, databases: databases.split(","), users: users.split(",") };
  if (known === "local") return ended(names, undefined, rest);
  const [address, mask] = rest;
  const hasMask =
    address !== undefined &&
    /^[\d.]+$|^[\da-fA-F:]+:[\da-fA-F:.]*$/.test(address) &&
    mask !== undefined &&
    /^[\d.]+$|:/.test(mask);
  return ended(names, hasMask ? `${address}/${mask}` : (address ?? ""), rest.slice(hasMask ? 2 : 1));
}

function ended(
  names: Pick<HbaLine, "type" | "databases" | "users">,
  address: string | undefined,
  [method, ...options]: readonly string[],
): HbaLine | { readonly problem: string } {
  if (address === "" || method === undefined)
    return { problem: names.type === "local" ? "needs a method" : "needs an address and a method" };
  if (!methods.includes(method)) return { problem: `has no method that PostgreSQL 12 knows: ${methods.join(", ")}` };
  return { ...names, address, method, options };
}

const methods = [
  "trust",
  "reject",
  "md5",
  "scram-sha-256",
  "password",
  "pam",
  "peer",
  "ident",
  "cert",
  "ldap",
  "radius",
  "gss",
  "sspi",
  "bsd",
];

/** The words of a line without its comment. Double quotes, which may contain spaces, are kept. Undefined when a quote is not closed. */
function fieldsOf(line: string): string[] | undefined {
  const fields: string[] = [];
  let rest = line.trim();
  while (rest !== "" && !rest.startsWith("#")) {
    // A comma may be followed by spaces within one list.
    const word = /^(?:"[^"]*"|,\s+|[^\s"#])+/.exec(rest)?.[0];
    if (word === undefined) return undefined;
    fields.push(word.replaceAll(/,\s+/g, ","));
    rest = rest.slice(word.length).trimStart();
  }
  return fields;
}

/** A connection that the cluster needs in order to work. */
interface Need {
  readonly who: string;
  readonly type: "local" | "tls" | "plain";
  readonly database: string;
  readonly user: string;
  readonly by: "trust" | "md5";
}

/** Methods that accept a user who needs the given method. `scram-sha-256` is not among them: it refuses passwords stored as MD5. */
const lettingIn = { trust: ["trust"], md5: ["md5", "password", "trust"] } as const;
const needs: readonly Need[] = [
  // Spilo's scripts and Patroni use the socket; without this line every step ends in `no pg_hba.conf entry for host "[local]"`.
  {
    who: "Patroni and the backups (socket, user postgres)",
    type: "local",
    database: "postgres",
    user: "postgres",
    by: "trust",
  },
  {
    who: "Patroni's replication through the socket (user standby)",
    type: "local",
    database: "replication",
    user: "standby",
    by: "trust",
  },
  {
    who: "replication through the socket (user postgres)",
    type: "local",
    database: "replication",
    user: "postgres",
    by: "trust",
  },
  { who: "replicas (TLS, user standby)", type: "tls", database: "replication", user: "standby", by: "md5" },
  { who: "replication over TLS (user postgres)", type: "tls", database: "replication", user: "postgres", by: "md5" },
  // The Harbor operator gives Harbor sslmode=disable (harbor-operator database/readiness.go).
  { who: "Harbor (without TLS, user harbor)", type: "plain", database: "core", user: "harbor", by: "md5" },
];

/**
 * Whether a list accepts every connection that the cluster needs, by PostgreSQL's own rule: the first matching line decides.
 * The Pods' addresses are not known, so a line for certain addresses may or may not match. Such a line counts as accepting
 * somebody; if it rejects, that is a warning.
 */
export function checkPgHba(list: readonly string[]): Finding[] {
  const at = findingsAt("pg_hba");
  const problems: Finding[] = [];
  const lines: NumberedLine[] = [];
  for (const [index, text] of list.entries()) {
    const number = index + 1;
    const read = parseHbaLine(text);
    if (read === undefined) continue;
    if ("problem" in read)
      problems.push(at.refuse("pg-hba-line-invalid", `line ${number} ${read.problem}`, "correct the line"));
    else lines.push({ number, ...read });
  }
  for (const need of needs) {
    const finding = needFinding(lines, need, at);
    if (finding !== undefined) problems.push(finding);
  }
  if (pamRoles(list).length === 0) {
    problems.push(
      at.refuse(
        "pg-hba-pam-missing",
        "the pam line is missing, with which members of the operator's pam_role_name log in",
        "add: hostssl all +zalandos all pam",
      ),
    );
  }
  return problems.length === 0
    ? [at.ok("pg-hba-sound", "accepts Patroni, the backups, replicas and Harbor")]
    : problems;
}

/** A line and its position in the list, starting at 1. */
type NumberedLine = HbaLine & { readonly number: number };

/** What is wrong with the lines for one needed connection; undefined when nothing is. */
function needFinding(lines: readonly NumberedLine[], need: Need, at: FindingsAt): Finding | undefined {
  const fitting = lines.filter((line) => fits(line, need));
  const certain = fitting.findIndex((line) => everyAddress(line.address));
  const reached = certain < 0 ? fitting : fitting.slice(0, certain + 1);
  const entry = reached.findIndex(({ method }) => lettingIn[need.by].some((letting) => letting === method));
  const blocks = reached.slice(0, entry < 0 ? undefined : entry)[0];
  if (entry < 0) {
    const because = blocks === undefined ? "no line lets in" : `line ${blocks.number} (${blocks.method}) keeps out`;
    return at.refuse(
      "pg-hba-locks-out",
      `${because} ${need.who}`,
      `put a line with ${need.by} for them before any other that matches (md5 also accepts SCRAM passwords)`,
    );
  }
  if (blocks === undefined) return undefined;
  return at.warn(
    "pg-hba-may-lock-out",
    `line ${blocks.number} (${blocks.method}) may keep out ${need.who}, from some addresses`,
    "make sure that no Pod has such an address",
  );
}

function fits(line: HbaLine, need: Need): boolean {
  const types: Record<Need["type"], readonly ConnectionType[]> = {
    local: ["local"],
    tls: ["host", "hostssl", "hostnogssenc"],
    plain: ["host", "hostnossl", "hostnogssenc"],
  };
  // `all` does not include replication. A keyword in quotes is a name. `sameuser` matches no need here.
  const databases = need.database === "replication" ? ["replication"] : ["all", need.database, `"${need.database}"`];
  return (
    types[need.type].includes(line.type) &&
    line.databases.some((name) => databases.includes(name)) &&
    line.users.some((name) => ["all", need.user, `"${need.user}"`].includes(name))
  );
}

/** Whether a line matches every address that a Pod can have. Harbor's clusters use IPv4. */
function everyAddress(address: string | undefined): boolean {
  return address === undefined || ["all", "0.0.0.0/0", "0.0.0.0/0.0.0.0"].includes(address);
}

/** Roles whose members log in with PAM, without the `+`. The operator's `pam_role_name` must be one of them. */
export function pamRoles(list: readonly string[]): string[] {
  return list.flatMap((line) => {
    const read = parseHbaLine(line);
    if (read === undefined || "problem" in read || read.type === "local" || read.method !== "pam") return [];
    return read.users.filter((user) => user.startsWith("+")).map((user) => user.slice(1));
  });
}

/** The list without what PostgreSQL ignores: comments, empty lines and repeated spaces. */
function normalisedPgHba(list: readonly string[]): string[] {
  return list.map((line) => (fieldsOf(line) ?? [line]).join(" ")).filter((line) => line !== "");
}

/** Whether a live list is the required one: the same lines in the same order. */
export function isInPlace(current: readonly string[], required: readonly string[]): boolean {
  return normalisedPgHba(current).join("\n") === normalisedPgHba(required).join("\n");
}

/** Lines of a live list that would be lost when the required list is written. Somebody may have added them by hand. */
export function droppedLines(current: readonly string[], required: readonly string[]): string[] {
  const kept = new Set(normalisedPgHba(required));
  return normalisedPgHba(current).filter((line) => !kept.has(line));
}

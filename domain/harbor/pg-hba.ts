import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";

/** The list of the restore runbook, which is also that of harbor-operator's pull request 979. */
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

/** The two lines that the Harbor operator writes by itself; with them alone neither Patroni nor a backup gets in. */
export const harborOperatorPgHba: readonly string[] = [
  "hostssl all all 0.0.0.0/0 md5",
  "host    all all 0.0.0.0/0 md5",
];

/**
 * The whole list for a cluster: own lines, then the runbook's. The first line that fits a connection decides, and the
 * runbook's first two fit every IPv4 connection, so an own line behind them would never count.
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
  /** Absent for `local`; a separate mask is put behind a slash. */
  readonly address: string | undefined;
  readonly method: string;
  readonly options: readonly string[];
}

/** Reads one line; undefined for a comment or an empty line, a problem in words for what PostgreSQL would refuse. */
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

/** Words of a line, without its comment; double quotes, which may hold spaces, are kept. Undefined when one is not closed. */
function fieldsOf(line: string): string[] | undefined {
  const fields: string[] = [];
  let rest = line.trim();
  while (rest !== "" && !rest.startsWith("#")) {
    // A list may go on behind a comma and spaces.
    const word = /^(?:"[^"]*"|,\s+|[^\s"#])+/.exec(rest)?.[0];
    if (word === undefined) return undefined;
    fields.push(word.replaceAll(/,\s+/g, ","));
    rest = rest.slice(word.length).trimStart();
  }
  return fields;
}

/** A connection without which the cluster does not live. */
interface Need {
  readonly who: string;
  readonly type: "local" | "tls" | "plain";
  readonly database: string;
  readonly user: string;
  readonly by: "trust" | "md5";
}

/** Methods that let in who is to come in by the first; `scram-sha-256` is none, for it refuses passwords stored as MD5. */
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
 * Whether a list lets everybody in whom the cluster needs, by PostgreSQL's own rule: the first line that fits decides.
 * Addresses of Pods are not known, so a line for some addresses only may fit or not: it is enough to let somebody in, and
 * a refusal on it is a warning.
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
        "the pam line is missing, by which members of the operator's pam_role_name log in",
        "add: hostssl all +zalandos all pam",
      ),
    );
  }
  return problems.length === 0
    ? [at.ok("pg-hba-sound", "lets in Patroni, the backups, replicas and Harbor")]
    : problems;
}

/** A line and its place in the list, from 1. */
type NumberedLine = HbaLine & { readonly number: number };

/** What is wrong with the lines for one who needs to get in; undefined when nothing is. */
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
      `put a line with ${need.by} for them before any other that fits (md5 takes SCRAM passwords too)`,
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
  // `all` does not stand for replication, and a keyword in quotes is a name. sameuser is left out: who needs it has other lines.
  const databases = need.database === "replication" ? ["replication"] : ["all", need.database, `"${need.database}"`];
  return (
    types[need.type].includes(line.type) &&
    line.databases.some((name) => databases.includes(name)) &&
    line.users.some((name) => ["all", need.user, `"${need.user}"`].includes(name))
  );
}

/** Whether a line stands for every address that a Pod can have; Harbor's clusters are reached over IPv4. */
function everyAddress(address: string | undefined): boolean {
  return address === undefined || ["all", "0.0.0.0/0", "0.0.0.0/0.0.0.0"].includes(address);
}

/** Roles whose members log in by PAM, without their `+`; the operator's `pam_role_name` must be one of them. */
export function pamRoles(list: readonly string[]): string[] {
  return list.flatMap((line) => {
    const read = parseHbaLine(line);
    if (read === undefined || "problem" in read || read.type === "local" || read.method !== "pam") return [];
    return read.users.filter((user) => user.startsWith("+")).map((user) => user.slice(1));
  });
}

/** The list without what PostgreSQL does not read: comments, empty lines, and spaces beyond one. */
export function normalisedPgHba(list: readonly string[]): string[] {
  return list.map((line) => (fieldsOf(line) ?? [line]).join(" ")).filter((line) => line !== "");
}

/** Whether a live list is the required one: the same lines in the same order. */
export function isInPlace(current: readonly string[], required: readonly string[]): boolean {
  return normalisedPgHba(current).join("\n") === normalisedPgHba(required).join("\n");
}

/** Lines of a live list that writing the required one would drop; somebody may have added them by hand. */
export function droppedLines(current: readonly string[], required: readonly string[]): string[] {
  const kept = new Set(normalisedPgHba(required));
  return normalisedPgHba(current).filter((line) => !kept.has(line));
}

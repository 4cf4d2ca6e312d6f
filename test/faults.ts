import type { Results } from "./reporter.ts";

/** The faults that a stanza repair and a restore must survive, by their number in the tests' titles. */
const faults: Record<number, string> = {
  1: "The repository holds no stanza (`[]`)",
  2: "The repository cannot be reached; `pgbackrest info` still exits with 0",
  3: "A stanza that is missing, or only half created",
  4: "A stanza without a backup; several repositories in different states",
  5: "No instance Pod; PGO never reconciled the cluster",
  6: "The remote command hangs",
  7: "PGO's `stanzaCreated` contradicts pgBackRest",
  8: "Another pgBackRest process holds the lock (exit code 50)",
  9: "Not the primary (exit code 56); no leader, two leaders, an old label",
  10: "The leader fails over, or the Pod is replaced, between the steps",
  11: "The cluster was deleted and recreated under the same name",
  12: "The repository belongs to another database (28), is not empty (40), was stopped on purpose (62), refuses (105)",
  13: "The dump fails, is cut, is empty, or the disk is full",
  14: "Noise around the JSON, CRLF, 5 MB, split characters, cut JSON",
  15: "The connection dies without a status; 403, 429, 5xx; an expired token; missing permissions",
  16: "Backups disabled, shut down, paused, standby",
  17: "`pulumi up` twice; a crash before the state is written; two stacks on one cluster",
  18: "`pulumi destroy`",
  19: "The clone's scope or bucket is missing: Spilo would create an empty database",
  20: "A wrong suffix, scope or namespace prefix of the clone",
  21: "A wrong clone method, another spelling of true, misspelt or duplicate keys",
  22: "A target time without a zone, in the future, before the first backup, or beyond the WAL",
  23: "An endpoint on AWS; a region that is missing or mistyped; a key without its secret",
  24: "No finished backup, a newer major version, the cluster's own or a foreign prefix",
  25: "CLONE_ values that are left after the restore",
  26: "A Spilo or WAL-G that is too old",
  27: "pg_hba already right, with additional lines, or reverted by the Harbor operator; no resource yet; a conflict",
  29: "A standby password that differs from the restored database's",
  31: "A secret that is absent, empty, malformed or changed; a copy that is scheduled for deletion",
  32: "An empty or partial backup list, rewritten times, more than 1,000 keys, delete markers",
  35: "Wrong, unknown or duplicate settings; the kubeconfig of another cluster; two `up` at once; ^C",
  36: "WAL that another database has overwritten",
  37: "A backup, or one on which it builds, without its list of files, its control file or one of its parts",
  38: "Timelines: a history file that is lost or unreadable, a fork during the backup, rows on a branch that is left",
  39: "WAL that was archived long after it was written",
  40: "WAL objects without content, or cut",
  41: "Objects that S3 has archived (Glacier, Deep Archive, Intelligent-Tiering)",
  42: "Several folders of versions with a target time; several backups of one second",
};

/** docs/faults.md: every fault, the expected outcome, and the results of the last run of all suites. */
export function faultsPage(results: Results["faults"]): string {
  const rows = Object.entries(faults).flatMap(([number, fault]) => {
    const tests = results.filter(({ numbers }) => numbers.includes(Number(number)));
    if (tests.length === 0) return [`| ${number} | ${fault} | | not tested |`];
    return tests
      .toSorted((a, b) => a.suite.localeCompare(b.suite) || a.title.localeCompare(b.title))
      .map(
        ({ suite, title, seen }, index) =>
          `| ${index === 0 ? number : ""} | ${index === 0 ? fault : ""} | ${title} (${suite}) | ${seen} |`,
      );
  });
  return `# Faults that the stanza repair and the restore survive

\`npm test\` writes this page from its own results. \`integration\` and \`e2e\` tests go through the real API server and exec protocol, on real or replayed processes.

| | fault | expected | seen |
|---|---|---|---|
${rows.join("\n")}
`;
}

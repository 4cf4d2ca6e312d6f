import type { Results } from "./reporter.ts";

/** The faults that the repairs and restores must survive, by the number that the tests' titles carry. */
const faults: Record<number, string> = {
  1: "The repository holds no stanza (`[]`)",
  2: "The repository cannot be reached; `pgbackrest info` still exits with 0",
  3: "A stanza that is missing, or only half there",
  4: "A stanza without a backup; several repositories in different states",
  5: "No instance Pod; PGO never reconciled the cluster",
  6: "The remote command hangs",
  7: "PGO's `stanzaCreated` contradicts pgBackRest",
  8: "Another pgBackRest process holds the lock (exit code 50)",
  9: "Not the primary (exit code 56); no leader, two leaders, an old label",
  10: "The leader fails over, or the Pod is replaced, between the steps",
  11: "The cluster was deleted and made anew under its name",
  12: "The repository belongs to another database (28), is not empty (40), was stopped on purpose (62), refuses (105)",
  13: "The dump fails, is cut, is empty, or the disk is full",
  14: "Noise around the JSON, CRLF, 5 MB, split characters, cut JSON",
  15: "The connection dies without a status; 403, 429, 5xx; an expired token; missing permissions",
  16: "Backups disabled, shut down, paused, standby",
  17: "`pulumi up` twice; a crash before the state is written; two stacks on one cluster",
  18: "`pulumi destroy`",
  19: "Restore: scope or bucket is missing, and Spilo would make an empty database",
  20: "Restore: a wrong UID, suffix or namespace prefix",
  21: "pod-config: values that Spilo does not read, or reads otherwise",
  22: "Restore: a target time without zone, in the future, before the first backup, beyond the WAL",
  23: "S3: wrong region, endpoint, keys; no such bucket; no answer",
  24: "Restore: no finished backup, missing WAL, another version; the new database's own place is not empty, or the source",
  25: "CLONE_ values are left after a restore",
  26: "A Spilo image that is too old, or too new",
  27: "pg_hba: right already, own lines, reverted, resource not made yet, written by two at once",
  29: "The role or password with which replicas join is lost",
  31: "A Secret is missing, empty, or another user's",
  32: "Backups that cannot be read, are old, or broken off",
  35: "Wrong, unknown or duplicate settings; the kubeconfig of another cluster; two `up` at once; ^C",
};

/** docs/faults.md: every fault, what is expected of it, and what the last run of all suites has seen. */
export function faultsPage(results: Results["faults"]): string {
  const rows = Object.entries(faults).flatMap(([number, fault]) => {
    const tests = results.filter(({ numbers }) => numbers.includes(Number(number)));
    if (tests.length === 0) return [`| ${number} | ${fault} | | not tested |`];
    return tests
      .toSorted((a, b) => a.suite.localeCompare(b.suite) || a.title.localeCompare(b.title))
      .map(({ suite, title, seen }, index) => `| ${index === 0 ? number : ""} | ${index === 0 ? fault : ""} | ${title} (${suite}) | ${seen} |`);
  });
  return `# Faults that repairs and restores survive

\`npm test\` writes this page from its own results. \`integration\` and \`e2e\` tests go through the real API server and exec protocol, on real or replayed processes.

| | fault | expected | seen |
|---|---|---|---|
${rows.join("\n")}
`;
}

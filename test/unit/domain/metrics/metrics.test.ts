import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { z } from "zod";
import { findingsAt } from "../../../../domain/finding.ts";
import { fleetMetrics } from "../../../../domain/metrics/fleet.ts";
import { harborMetrics } from "../../../../domain/metrics/harbor.ts";
import type { Metric } from "../../../../domain/metrics/metric.ts";
import { openMetrics } from "../../../../domain/metrics/open-metrics.ts";
import { stanzaMetrics } from "../../../../domain/metrics/stanza.ts";
import type { ScanEntry } from "../../../../domain/stanza/list-report.ts";
import { flagCodes } from "../../../../domain/stanza/flag-codes.ts";
import { verdictWithFlags } from "../../../../domain/stanza/flags.ts";
import type { StanzaStatus } from "../../../../domain/stanza/status.ts";
import { visibleText } from "../../../../domain/visible-text.ts";
import { readOpenMetrics, type ReadSample } from "../../../support/open-metrics.ts";

const checkedAt = new Date("2026-11-28T12:00:00.000Z");

function entry(cluster: string, status: StanzaStatus, flags: ScanEntry["flags"] = []): ScanEntry {
  const verdict = verdictWithFlags(status, flags);
  return { namespace: "calendar", cluster, uid: "1", status, flags, verdict, repositoryPlace: "repo host" };
}

const okay: ScanEntry = {
  ...entry("okay-db", {
    status: "okay",
    backups: {
      count: 4,
      newest: "2026-11-28T02:00:00.000Z",
      repositories: [
        {
          name: "repo1",
          count: 3,
          newest: { full: "2026-11-22T01:00:00.000Z", incremental: "2026-11-28T02:00:00.000Z" },
          bytes: 1000,
        },
        { name: "repo2", count: 0, newest: {} },
      ],
    },
  }),
  recovery: {
    windows: [
      {
        repository: "repo1",
        from: "2026-11-22T01:00:00.000Z",
        until: "2026-11-28T11:59:00.000Z",
        atLeastUntil: "2026-11-28T11:59:00.000Z",
        endedBy: null,
      },
      {
        repository: "repo2",
        from: "2026-11-22T01:00:00.000Z",
        until: null,
        atLeastUntil: "2026-11-28T02:00:00.000Z",
        endedBy: "wal-missing",
      },
    ],
    lossNow: { what: "since", since: "2026-11-28T11:59:00.000Z", seconds: 60, bytes: 96, why: "" },
  },
};
const flagged = entry("flagged-db", { status: "okay", backups: { count: 0, repositories: [] } }, [
  { code: "no-backup", detail: "no backup in repo1" },
  { code: "no-backup", detail: "no backup in repo2" },
  { code: "no-schedule", detail: "no schedule", allowed: true },
]);
const missing = entry("missing-db", { status: "no-stanza", repositories: ["repo1"] });
const silent = entry("silent-db", { status: "timeout", reason: "no answer" });

const stanzas = (clusters: readonly ScanEntry[], namespace?: string): Metric[] =>
  stanzaMetrics({ context: "dev", clusters: [...clusters] }, checkedAt, namespace);
const read = (metrics: readonly Metric[]): ReadSample[] =>
  readOpenMetrics(openMetrics(metrics)).flatMap(({ samples }) => samples);
const find = (samples: readonly ReadSample[], name: string, labels: Record<string, string>): ReadSample[] =>
  samples.filter(
    (sample) =>
      sample.name === `postgres_recovery_${name}` &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );

const at = findingsAt("the database");
const harbor = harborMetrics({
  version: 1,
  context: "dev",
  cluster: "harbor-cluster/harbor",
  verdict: "refuse",
  sections: [
    {
      title: "backups",
      findings: [
        at.refuse("backups-none-finished", "there is no finished backup", ""),
        at.warn("postgresql-not-running", "not running", ""),
        at.warn("postgresql-not-running", "not running", ""),
        at.ok("wal-recent", "is recent"),
      ],
    },
  ],
  pods: [
    { name: "db-0", role: "leader", ready: true, current: false },
    { name: "db-1", role: "none", ready: false, current: true },
  ],
  clone: [],
  checkedAt: checkedAt.toISOString(),
});

const fleet = fleetMetrics(
  { version: 1, gatheredAt: checkedAt.toISOString(), sources: [], clusters: [] },
  { context: "dev" },
);

describe("metrics", () => {
  describe("as OpenMetrics text", () => {
    it("is read back as it was written, whatever labels and help texts contain", () => {
      const name = fc.constantFrom("a", "B_2", "_c", "context");
      const characters = [
        "a",
        "n",
        "{",
        "}",
        "=",
        ",",
        "#",
        " ",
        "é",
        "\u{1f600}",
        '"',
        "\\",
        "\n",
        "\r",
        "\t",
        "\u0000",
        "\u001b",
        "\u202e",
        "\ud800",
      ];
      const text = fc.string({ unit: fc.constantFrom(...characters), maxLength: 12 });
      const sample = fc.record({
        labels: fc.dictionary(name, text, { noNullPrototype: true, maxKeys: 3 }),
        value: fc.integer(),
      });
      const shown = ({ labels }: { labels: Record<string, string> }) =>
        JSON.stringify(
          Object.entries(labels)
            .map(([label, value]) => [label, visibleText(value)])
            .toSorted(),
        );
      const samples = fc.uniqueArray(sample, { selector: shown, maxLength: 3 });
      const metric = fc.record({ name, help: text, samples });
      fc.assert(
        fc.property(fc.uniqueArray(metric, { selector: (each) => each.name, maxLength: 3 }), (metrics) => {
          const expected = metrics.map(({ help, samples, ...other }) => ({
            name: other.name,
            type: "gauge",
            help: visibleText(help),
            samples: samples.map(({ labels, value }) => ({
              name: other.name,
              labels: Object.fromEntries(Object.entries(labels).map(([label, each]) => [label, visibleText(each)])),
              value: value,
            })),
          }));
          assert.deepEqual(readOpenMetrics(openMetrics(metrics)), expected);
        }),
      );
    });

    it("names the unit, with which the metric's name ends", () => {
      const units = readOpenMetrics(openMetrics([...stanzas([okay]), ...harbor.slice(0, -1)]));
      assert.deepEqual(
        units.filter(({ unit }) => unit !== undefined).map(({ name, unit }) => [name, unit]),
        [
          ["postgres_recovery_newest_backup_timestamp_seconds", "seconds"],
          ["postgres_recovery_backup_bytes", "bytes"],
          ["postgres_recovery_recovery_window_start_timestamp_seconds", "seconds"],
          ["postgres_recovery_recovery_window_end_timestamp_seconds", "seconds"],
          ["postgres_recovery_loss_now_seconds", "seconds"],
          ["postgres_recovery_unarchived_wal_bytes", "bytes"],
          ["postgres_recovery_check_timestamp_seconds", "seconds"],
        ],
      );
    });

    it("is empty text with its end for no metric", () => {
      assert.equal(openMetrics([]), "# EOF");
    });
  });

  describe("of stanza list", () => {
    const samples = read(stanzas([okay, flagged, missing, silent]));
    const currentVerdict = (cluster: string): string[] =>
      find(samples, "stanza_verdict", { cluster })
        .filter(({ value }) => value === 1)
        .map(({ labels }) => labels["verdict"] ?? "");

    it("have one current verdict and status per cluster, and 0 for all others", () => {
      assert.deepEqual(currentVerdict("okay-db"), ["okay"]);
      assert.deepEqual(currentVerdict("flagged-db"), ["finding"]);
      assert.deepEqual(currentVerdict("missing-db"), ["finding"]);
      assert.deepEqual(currentVerdict("silent-db"), ["undetermined"]);
      const statuses = find(samples, "stanza_status", { cluster: "silent-db", namespace: "calendar", context: "dev" });
      assert.equal(statuses.length, 9);
      assert.deepEqual(
        statuses.filter(({ value }) => value !== 0).map(({ labels, value }) => [labels["status"], value]),
        [["timeout", 1]],
      );
    });

    it("have no number where nothing is known of the backups", () => {
      for (const cluster of ["missing-db", "silent-db"])
        for (const name of ["backups", "newest_backup_timestamp_seconds", "stanza_flag"])
          assert.deepEqual(find(samples, name, { cluster }), []);
    });

    it("have backups and the newest of each type by repository; an empty repository has 0 and no time", () => {
      const counts = find(samples, "backups", { cluster: "okay-db" });
      assert.deepEqual(
        counts.map(({ labels, value }) => [labels["repository"], value]),
        [
          ["repo1", 3],
          ["repo2", 0],
        ],
      );
      const newest = find(samples, "newest_backup_timestamp_seconds", { cluster: "okay-db" });
      assert.deepEqual(
        newest.map(({ labels, value }) => [labels["repository"], labels["type"], value]),
        [
          ["repo1", "full", Date.parse("2026-11-22T01:00:00Z") / 1000],
          ["repo1", "incremental", Date.parse("2026-11-28T02:00:00Z") / 1000],
        ],
      );
    });

    it("have the recovery window of each repository, and what a loss would cost", () => {
      const values = (name: string): unknown[] =>
        find(samples, name, { cluster: "okay-db" }).map(({ labels, value }) => [labels["repository"], value]);
      const from = Date.parse("2026-11-22T01:00:00Z") / 1000;
      assert.deepEqual(values("recovery_window_start_timestamp_seconds"), [
        ["repo1", from],
        ["repo2", from],
      ]);
      assert.deepEqual(values("recovery_window_end_timestamp_seconds"), [
        ["repo1", Date.parse("2026-11-28T11:59:00Z") / 1000],
      ]);
      assert.deepEqual(values("loss_now_seconds"), [[undefined, 60]]);
      assert.deepEqual(values("unarchived_wal_bytes"), [[undefined, 96]]);
      assert.deepEqual(values("backup_bytes"), [["repo1", 1000]]);
    });

    it("say that a loss would cost an unknown amount where nothing is known, and have no number for it", () => {
      const loss = (cluster: string): unknown[] =>
        find(samples, "loss_now", { cluster })
          .filter(({ value }) => value === 1)
          .map(({ labels }) => labels["loss"]);
      assert.deepEqual([loss("okay-db"), loss("silent-db")], [["since"], ["unknown"]]);
      assert.deepEqual(find(samples, "loss_now_seconds", { cluster: "silent-db" }), []);
    });

    it("have each flag once, and say whether it is allowed", () => {
      assert.deepEqual(
        find(samples, "stanza_flag", { cluster: "flagged-db" }).map(({ labels }) => [
          labels["flag"],
          labels["allowed"],
        ]),
        [
          ["no-backup", "false"],
          ["no-schedule", "true"],
        ],
      );
    });

    it("say when the list ended, and of which namespace it was", () => {
      const time = checkedAt.getTime() / 1000;
      assert.deepEqual(find(samples, "check_timestamp_seconds", {}), [
        {
          name: "postgres_recovery_check_timestamp_seconds",
          labels: { check: "stanza list", context: "dev" },
          value: time,
        },
      ]);
      const [ofNamespace] = find(read(stanzas([], "calendar")), "check_timestamp_seconds", {});
      assert.deepEqual(ofNamespace?.labels, { check: "stanza list", context: "dev", namespace: "calendar" });
    });
  });

  it("of harbor status have the gravest severity, the findings by code, and the Pods", () => {
    const samples = read(harbor);
    const cluster = { context: "dev", namespace: "harbor-cluster", cluster: "harbor" };
    assert.deepEqual(
      find(samples, "harbor_severity", cluster).map(({ labels, value }) => [labels["severity"], value]),
      [
        ["refuse", 1],
        ["unknown", 0],
        ["warn", 0],
        ["ok", 0],
      ],
    );
    assert.deepEqual(
      find(samples, "harbor_findings", cluster).map(({ labels, value }) => [labels["code"], labels["severity"], value]),
      [
        ["backups-none-finished", "refuse", 1],
        ["postgresql-not-running", "warn", 2],
      ],
    );
    const pods = (name: string) => find(samples, name, cluster).map(({ labels, value }) => [labels["pod"], value]);
    assert.deepEqual(pods("harbor_pod_ready"), [
      ["db-0", 1],
      ["db-1", 0],
    ]);
    assert.deepEqual(pods("harbor_pod_current"), [
      ["db-0", 0],
      ["db-1", 1],
    ]);
    assert.deepEqual(
      find(samples, "check_timestamp_seconds", { check: "harbor status", ...cluster }).map(({ value }) => value),
      [checkedAt.getTime() / 1000],
    );
  });

  describe("in the rules of docs/metrics.md", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../../docs/metrics.md"), "utf8");
    const [, yaml = ""] = /```yaml\n(apiVersion: monitoring\.coreos\.com\/v1\n[\s\S]*?)```/.exec(page) ?? [];
    const rule = z.strictObject({
      alert: z.string(),
      expr: z.string(),
      for: z.string().optional(),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
    });
    const { spec } = z
      .strictObject({
        apiVersion: z.literal("monitoring.coreos.com/v1"),
        kind: z.literal("PrometheusRule"),
        metadata: z.looseObject({ name: z.string() }),
        spec: z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })) }),
      })
      .parse(parse(yaml));
    const allFlags = entry(
      "all-db",
      { status: "okay", backups: { count: 0, repositories: [] } },
      flagCodes.map((code) => ({ code, detail: "" })),
    );
    const all = [...read(stanzas([okay, allFlags])), ...read(harbor)];
    const expressions = spec.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)).join("\n");
    const selectors = [...expressions.matchAll(/(postgres_recovery_\w+)(?:\{([^}]*)\})?/g)];

    it("each selector has samples", () => {
      assert(selectors.length >= 8, expressions);
      for (const [text, name = "", matchers = ""] of selectors) {
        const labels = Object.fromEntries(
          [...matchers.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = "", value = ""]) => [label, value]),
        );
        assert.notEqual(find(all, name.replace("postgres_recovery_", ""), labels).length, 0, `no sample for ${text}`);
      }
    });

    it("a check that never ran is an alarm, for both checks", () => {
      for (const check of ["stanza list", "harbor status"])
        assert(
          expressions.includes(`absent(postgres_recovery_check_timestamp_seconds{check="${check}"})`),
          expressions,
        );
    });

    it("the page names every metric", () => {
      for (const { name } of [...stanzas([]), ...harbor, ...fleet]) assert(page.includes(`| \`${name}\` |`), name);
    });
  });
});

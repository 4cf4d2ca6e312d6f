import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { jsonMarkup, markup } from "../../../../domain/fleet/page/markup.ts";
import { fleetPage } from "../../../../domain/fleet/page/page.ts";
import { timeline } from "../../../../domain/fleet/page/timeline.ts";
import { trendChart } from "../../../../domain/fleet/page/trend.ts";
import { readFleetReport } from "../../../../domain/fleet/read.ts";
import { columns } from "../../../../domain/fleet/row.ts";
import { minuteText, moneyText, spanText } from "../../../../domain/fleet/texts.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { daysAgo, everyKind, fleetOf, goodCluster, largeFleet, sampleMoment } from "../../../support/fleet-sample.ts";

const assets = { style: "", script: "", hash: (text: string) => `hash-of-${text.length}` };
const day = 86_400_000;
const period = { from: sampleMoment - 10 * day, until: sampleMoment };
const size = { width: 100, height: 20 };

function embedded(page: string): { columns: string[]; rows: unknown[][] } {
  const text = /<script type="application\/json" id="data">(.*)<\/script>/.exec(page)?.[1] ?? "";
  return z.object({ columns: z.array(z.string()), rows: z.array(z.array(z.unknown())) }).parse(JSON.parse(text));
}

describe("fleetPage", () => {
  const page = fleetPage(fleetOf([...everyKind]), assets);

  it("has a row and details for each cluster, and its values as JSON in the same order", () => {
    const titles = [...page.matchAll(/<th scope="row"><a href="#d(\d+)">([^<]*)<wbr>([^<]*)</g)];
    assert.equal(titles.length, everyKind.length);
    const { columns: names, rows } = embedded(page);
    assert.deepEqual(names, [...columns]);
    assert.deepEqual(
      rows.map(([title]) => title),
      titles.map(([, , namespace = "", name = ""]) => namespace + name),
    );
    for (const [, index = ""] of titles) assert(page.includes(`<span id="d${index}">`), index);
  });

  it("says what was not asked and what is not known, in words", () => {
    assert.match(
      page,
      /harbor-cluster<\/a><small>zalando<\/small><td><b class="s unknown">Unknown<\/b><td><i>not asked<\/i>/,
    );
    assert.match(page, /acrete-db.*<i>unknown<\/i>/);
    assert.match(page, /Storage<\/dt><dd>3\.0 TB; not known of 2 clusters/);
  });

  it("shows targets, whether they are met, and what the storage costs", () => {
    assert.match(page, /1 h 24 min<small>over 1 h<\/small>/);
    assert.match(page, /2 min<small>within 15 min<\/small>/);
    assert.match(page, /412\.0 GB<small>USD 9\.21 a month<\/small>/);
    assert.match(page, /90\.0 GB<small>cost not known<\/small>/);
  });

  it("allows only its own style and script", () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
    assert.equal(
      policy,
      "default-src 'none'; style-src 'sha256-hash-of-0'; script-src 'sha256-hash-of-0'; base-uri 'none'; form-action 'none'",
    );
    assert.doesNotMatch(page, /\s(style|on\w+)=|(src|href)="(?!#)/);
  });

  it("warns first when clusters may be missing", () => {
    const partial = fleetOf([], { sources: [{ source: "stanza list", status: "partial", detail: "403 in team-a" }] });
    assert.match(
      fleetPage(partial, assets),
      /Clusters may be missing:.*<code>stanza list<\/code>: partial, 403 in team-a/,
    );
    assert.match(fleetPage(fleetOf([], { sources: [] }), assets), /It is not recorded what was asked/);
  });

  it("of 1,000 clusters has fewer than 1.5 MB, and says whose details it has no room for", () => {
    const large = fleetPage(largeFleet(1000), assets);
    // Style and script, which this test leaves out, take 12 kB.
    assert(Buffer.byteLength(large) < 1_480_000, String(Buffer.byteLength(large)));
    assert.equal([...large.matchAll(/<th scope="row">/g)].length, 1000);
    const detailed = [...large.matchAll(/<span id="d\d+">/g)].length;
    assert(detailed > 50);
    assert(large.includes(`For the ${1000 - detailed} others`));
  });

  faultTest(177, "markup, </script>, U+2028 and quotes in every text stay text", () => {
    const hostile = `</script><script>alert(1)</script><img src=x onerror="alert(1)">'"&\u2028`;
    const text = fleetPage(hostileFleet(hostile), assets);
    assert.equal([...text.matchAll(/<script/g)].length, 2);
    assert.equal([...text.matchAll(/<\/script>/g)].length, 2);
    assert.doesNotMatch(text, /<img|\u2028/);
    assert.equal(embedded(text).rows[0]?.[0], `${hostile}/${hostile}`);
  });

  faultTest(178, "control, bidirectional and invisible characters are shown as escapes", () => {
    const hostile = "db\u202egpj\u0007\u200b\u0000";
    const text = fleetPage(hostileFleet(hostile), assets);
    assert.doesNotMatch(text, /[\u202e\u0007\u200b\0]/);
    assert(text.includes("db\\u{202e}gpj\\u{7}\\u{200b}\\u{0}"));
    assert.equal(embedded(text).rows[0]?.[0], `${hostile}/${hostile}`);
  });
});

/** A report with the same text wherever the schema allows a text. */
function hostileFleet(text: string) {
  const cluster = goodCluster({
    kubernetes: text,
    namespace: text,
    name: text,
    stanza: text,
    stanzaStatus: text,
    watch: { status: "watched", by: [text] },
    newestBackup: { status: "unknown", why: text },
    recovery: { status: "known", windows: [{ from: daysAgo(2), until: daysAgo(1), endedBy: text }] },
    alarm: { status: "failed", at: daysAgo(1), why: text },
    storage: { status: "known", bytes: 1, classes: [{ storageClass: text, bytes: 1 }] },
    findings: [{ severity: "refuse", code: text, what: text, fix: text }],
  });
  return fleetOf([cluster], {
    sources: [{ source: text, status: "failed", detail: text }],
    alarm: { status: "proven", at: daysAgo(1), sink: text },
  });
}

describe("markup", () => {
  it("any JSON survives the script element", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { text } = jsonMarkup(value);
        assert.doesNotMatch(text, /[<>&\u2028\u2029]/);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 200 },
    );
  });

  it("escapes values, and leaves markup as it is", () => {
    assert.equal(
      markup`<b title="${`"'`}">${"<i>"}${markup`<u>${1}</u>`}</b>`.text,
      '<b title="&quot;&#39;">&lt;i&gt;<u>1</u></b>',
    );
  });
});

describe("timeline", () => {
  const full = { name: "a", type: "full", bytes: null, restorable: "yes" } as const;

  it("draws windows as bars, what lies between them as a gap, and backups by type", () => {
    const cluster = goodCluster({
      backups: [
        { ...full, finishedAt: daysAgo(9) },
        { ...full, finishedAt: daysAgo(5), type: "incremental", restorable: "no" },
      ],
      recovery: {
        status: "known",
        windows: [
          { from: daysAgo(20), until: daysAgo(7), endedBy: "x" },
          { from: daysAgo(4), until: daysAgo(1), endedBy: "x" },
        ],
      },
    });
    const { text } = timeline(cluster, period, size);
    assert.match(text, /class="w" d="M0 13H30M60 13H90"/);
    assert.match(text, /class="g" d="M30 13H60M90 13H100"/);
    assert.match(text, /class="f" d="M10 2V18"/);
    assert.match(text, /class="o" d="M50 9V18"/);
    assert.match(text, /class="x" d="M47 2l6 6m-6 0l6-6"/);
    assert.match(text, /aria-label="2 backups, 1 full, the newest of 2026-11-23 06:00, WAL coverage with 1 gap"/);
  });

  it("WAL that is not archived yet is no gap", () => {
    const window = { from: daysAgo(8), until: daysAgo(1), endedBy: null };
    assert.doesNotMatch(
      timeline(goodCluster({ recovery: { status: "known", windows: [window] } }), period, size).text,
      /"g"/,
    );
  });

  it("a window before the period leaves only the gap behind it", () => {
    const windows = [{ from: daysAgo(40), until: daysAgo(30), endedBy: "x" }];
    const { text } = timeline(goodCluster({ recovery: { status: "known", windows } }), period, size);
    assert.match(text, /class="g" d="M0 13H100"/);
    assert.doesNotMatch(text, /class="w"/);
  });

  it("without a window, the whole period is a gap; when the windows are not known, nothing is", () => {
    const none = timeline(goodCluster({ recovery: { status: "known", windows: [] } }), period, size).text;
    assert.match(none, /class="g" d="M0 13H100"/);
    const unknown = timeline(goodCluster({ recovery: { status: "unknown", why: "" } }), period, size).text;
    assert.doesNotMatch(unknown, /"[gw]"/);
    assert.equal(timeline(goodCluster({ backups: undefined, recovery: undefined }), period, size).text, "");
  });

  it("never draws outside of its box, whatever the moments are", () => {
    const moments = fc.integer({ min: -400, max: 400 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(moments, moments), { maxLength: 5 }),
        fc.array(moments, { maxLength: 5 }),
        (spans, ends) => {
          const cluster = goodCluster({
            backups: ends.map((at) => ({ ...full, finishedAt: daysAgo(at) })),
            recovery: {
              status: "known",
              windows: spans.map(([from, until]) => ({ from: daysAgo(from), until: daysAgo(until), endedBy: null })),
            },
          });
          const { text } = timeline(cluster, period, size);
          const places = [...text.matchAll(/[MH](-?\d+)/g)].map(([, place]) => Number(place));
          assert(
            places.every((place) => place >= 0 && place <= size.width + 1),
            text,
          );
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("trendChart", () => {
  it("draws a line through the points, and says its figures", () => {
    const points = [10, 30, 20].map((value, index) => ({ at: index * day, value }));
    const { text } = trendChart({ title: "T", points, target: 40, text: (value) => `${value} s` });
    assert.match(text, /aria-label="T: 3 values, from 10 s to 30 s, the newest 20 s; the target is 40 s"/);
    assert.match(text, /class="l" d="M70,79L211,36L352,57"/);
    assert.equal([...text.matchAll(/<circle/g)].length, 3);
  });

  it("one point is no trend", () => {
    assert.equal(trendChart({ title: "T", points: [{ at: 0, value: 1 }], text: String }).text, "");
  });
});

describe("readFleetReport", () => {
  it("puts lists in order", () => {
    const { backups = [], proofs, recovery } = goodCluster();
    assert(proofs?.status === "known" && recovery?.status === "known");
    const windows = [...recovery.windows, { from: daysAgo(40), until: daysAgo(35), endedBy: "x" }];
    const mixed = goodCluster({
      backups: backups.toReversed(),
      proofs: { ...proofs, entries: proofs.entries.toReversed() },
      recovery: { status: "known", windows },
    });
    const read = readFleetReport(JSON.parse(JSON.stringify(fleetOf([mixed]))));
    assert.deepEqual(
      read.data?.clusters[0],
      goodCluster({ recovery: { status: "known", windows: windows.toReversed() } }),
    );
  });

  faultTest(179, "a saved report with mistakes: all are listed, no value is quoted", () => {
    const { clusters, ...rest } = fleetOf([goodCluster()]);
    const [cluster] = clusters;
    const wrong = {
      ...rest,
      gatheredAt: "canary-1",
      clusters: [{ ...cluster, operator: "canary-2", findings: undefined }],
    };
    const { error } = readFleetReport(JSON.parse(JSON.stringify(wrong)));
    const paths = error?.issues.map(({ path }) => path.join("."));
    assert.deepEqual(paths, ["gatheredAt", "clusters.0.operator", "clusters.0.findings"]);
    const messages = String(error?.issues.map(({ message }) => message));
    assert.match(messages, /must be one of pgo, zalando, cloudnative-pg, unknown,required$/);
    assert.doesNotMatch(messages, /canary/);
  });
});

describe("texts", () => {
  it("spans, moments and money", () => {
    assert.deepEqual([0, 59.4, 60, 3_600, 3_700, 86_400, 200_000].map(spanText), [
      "0 s",
      "59 s",
      "1 min",
      "1 h",
      "1 h 1 min",
      "1 d",
      "2 d 7 h",
    ]);
    assert.equal(minuteText("2026-11-24T17:06:57.000Z"), "2026-11-24 17:06");
    assert.deepEqual([moneyText(9.213, "USD"), moneyText(12_345.6, "EUR")], ["USD 9.21", "EUR 12,346"]);
  });
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { separator } from "../../../clients/pod/pgbackrest.ts";
import { scanReportSchema, type ScanEntry } from "../../../domain/stanza/list-report.ts";
import { startClusters } from "../../support/clusters-api-server.ts";
import { healthyDatabase } from "../../support/fake-cluster.ts";
import { sampleOutput } from "../../support/fixtures.ts";
import { faultTest } from "../../support/fault-test.ts";

const program = join(import.meta.dirname, "../../../bin/postgres-recovery");
const honest = `${sampleOutput("info-11-ok-json")}\n${separator}\n${healthyDatabase()}\n`;
const megabytes = 1024 * 1024;
/** Just below the limit at which an answer is no longer read. */
const most = 8 * megabytes - 1000;
const many = (text: string, bytes: number): string => text.repeat(Math.floor(bytes / text.length));

const hostile: Readonly<Record<string, readonly [answer: string, reason: RegExp]>> = {
  "more-than-is-read": [many("[[],[],\n", 12 * megabytes), /printed more than 8388608 bytes/],
  "empty-arrays": [`[${many("[],", most)}[]]`, /not its JSON report/],
  "empty-objects": [`[${many("{},", most)}{}]`, /not its JSON report/],
  "many-stanzas": [`[${many('{"name":"x"},', most)}{"name":"x"}]`, /"no-stanza"/],
  "no-backups": [`[{"name":"db","backup":[${many("{},", most - 100)}{}]}]`, /more than 50000 entries/],
  deep: [many("[", most), /not its JSON report/],
  "many-starts": [many("[\n", most), /not its JSON report/],
  "many-keys": [`[{"name":"db",${Array.from({ length: 300_000 }, (_, n) => `"k${n}":[]`).join(",")}}]`, /not its JSON/],
};

describe("stanza list beside hostile Pods", function () {
  this.timeout("2m");
  let found: ReadonlyMap<string, ScanEntry>;

  before("one list, by the program as a user runs it, so with its own limit of memory", async () => {
    const answers: Record<string, string> = { first: honest };
    for (const [name, [answer]] of Object.entries(hostile)) answers[name] = `${answer}\n${separator}\n{}`;
    const server = await startClusters({ ...answers, last: honest });
    try {
      const { stdout, stderr } = await execa(program, ["stanza", "list", "-o", "json", "--timeout", "1m"], {
        env: { KUBECONFIG: server.kubeconfig },
        reject: false,
      });
      assert(stdout.includes(`"clusters"`), `${stdout}${stderr}`.slice(0, 2000));
      const { clusters } = scanReportSchema.parse(JSON.parse(stdout));
      found = new Map(clusters.map((entry) => [entry.cluster, entry]));
    } finally {
      await server.stop();
    }
  });

  for (const name of ["first", "last"])
    faultTest(49, `the honest cluster listed ${name} has its row`, () => {
      assert.equal(found.get(name)?.status.status, "okay");
    });

  for (const [name, [, reason]] of Object.entries(hostile))
    faultTest(49, `an answer costs one row, not the list: ${name.replaceAll("-", " ")}`, () => {
      const status = found.get(name)?.status;
      assert.notEqual(status?.status, "okay");
      assert.match(JSON.stringify(status), reason);
    });
});

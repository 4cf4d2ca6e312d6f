import assert from "node:assert/strict";
import { parseSettings, SettingsError } from "../../../settings/settings.ts";
import { placesIn, readStackFile } from "../../../settings/stack-file.ts";
import { syntaxMessage } from "../../../settings/yaml-mistakes.ts";

const text = `encryptionsalt: v1:x
config:
  postgres-recovery:kubernetes:
    kubeconfig: here
    context: 5
  postgres-recovery:config:stanza: { repairAgain: "no", targets: [] }
  postgres-recovery:harborSecrets:
    backup: { accessKeyId: { secure: A }, secretAccessKey: { secure: B } }
  aws:region: eu-west-2
`;
const file = readStackFile(text, "postgres-recovery");
/** As Pulumi passes them on: with sorted keys, and decrypted. */
const values = new Map([
  ["kubernetes", '{"context":5,"kubeconfig":"here"}'],
  ["stanza", '{"repairAgain":"no","targets":[]}'],
  ["harborSecrets", '{"backup":{"accessKeyId":"a","secretAccessKey":"b"}}'],
]);

describe("a stack file", () => {
  it("has the project's values under both forms of its prefix, and the keys of others", () => {
    assert.deepEqual([...file.values.keys()], ["kubernetes", "stanza", "harborSecrets"]);
    assert.deepEqual(file.otherKeys, ["aws:region"]);
    assert.equal(file.values.get("kubernetes"), '{"kubeconfig":"here","context":5}');
    assert.deepEqual(file.encrypted, [
      ["harborSecrets", "backup", "accessKeyId"],
      ["harborSecrets", "backup", "secretAccessKey"],
    ]);
    assert(!file.hasEnvironments);
  });

  it("has a position for each value, for each key, and for the nearest thing to what is missing", () => {
    const at = (path: PropertyKey[], key?: string): string => {
      const { column, line } = file.positionOf({ path, ...(key !== undefined && { key }) });
      return `${line}:${column}`;
    };
    assert.equal(at(["kubernetes", "context"]), "5:14");
    assert.equal(at(["kubernetes"], "context"), "5:5");
    assert.equal(at(["kubernetes"]), "3:3");
    assert.equal(at(["kubernetes", "kubeSystemUid"]), "3:3");
    assert.equal(at(["stanza", "targets", 3, "hold"]), "6:57");
    assert.equal(at(["stanza", "repairAgain"]), "6:51");
    assert.equal(at([], "aws:region"), "9:3");
    assert.equal(at(["harbor"]), "1:1");
    assert.equal(at(["kubernetes", "context", "deeper"], "key"), "5:14");
  });

  it("a text, a number and nothing at all are passed on as Pulumi does", () => {
    const { values: read } = readStackFile('config: { p:a: text, p:b: 5, p:c: , p:d: "5" }', "p");
    assert.deepEqual(Object.fromEntries(read), { a: "text", b: "5", c: "null", d: "5" });
  });

  it("a mistake of a kind without words of its own, and a config without a value", () => {
    assert.match(syntaxMessage("UNEXPECTED_TOKEN"), /^this cannot be read here/);
    assert.deepEqual([...readStackFile("config:\n", "p").values], []);
  });

  it("encrypted values in a list are found by their index", () => {
    const { encrypted } = readStackFile("config: { p:a: [{ x: { secure: A } }, { secure: B }, { secure: [1] }] }", "p");
    assert.deepEqual(encrypted, [
      ["a", 0, "x"],
      ["a", 1],
    ]);
  });
});

describe("the places of problems that Pulumi's values have", () => {
  const place = placesIn(file, { name: "Pulumi.dev.yaml", values });

  it("are those of the file, also for what is encrypted and for keys of others", () => {
    assert.equal(place({ path: ["kubernetes", "context"] }), "Pulumi.dev.yaml:5:14");
    assert.equal(place({ path: ["harborSecrets", "backup"] }), "Pulumi.dev.yaml:8:5");
    assert.equal(place({ path: [], key: "aws:region" }), "Pulumi.dev.yaml:9:3");
    assert.equal(place({ path: ["harbor"] }), "Pulumi.dev.yaml:1:1");
  });

  it("are not known for a key that has another value in the file", () => {
    const other = new Map([...values, ["kubernetes", '{"context":6,"kubeconfig":"here"}'], ["harbor", "{}"]]);
    const elsewhere = placesIn(file, { name: "Pulumi.dev.yaml", values: other });
    assert.equal(elsewhere({ path: ["kubernetes", "context"] }), undefined);
    assert.equal(elsewhere({ path: ["harbor", "cluster"] }), undefined);
    assert.equal(elsewhere({ path: ["stanza", "repairAgain"] }), "Pulumi.dev.yaml:6:51");
  });

  it("stand behind each problem of an error", () => {
    try {
      parseSettings({ stack: "dev", values, secretKeys: new Set(["harborSecrets"]) });
      assert.fail("the settings were accepted");
    } catch (error) {
      assert(error instanceof SettingsError);
      assert.equal(
        error.textWithPlaces(place),
        [
          "Pulumi.dev.yaml has wrong values under postgres-recovery:",
          "✖ must be a text: put it in quotes\n  → at kubernetes.context, Pulumi.dev.yaml:5:14",
          "✖ must be true or false: remove the quotes\n  → at stanza.repairAgain, Pulumi.dev.yaml:6:51",
        ].join("\n"),
      );
    }
  });
});

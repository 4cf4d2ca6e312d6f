import assert from "node:assert/strict";

/** One line with a value. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

/** A metric as it was read. */
interface ReadFamily {
  name: string;
  type: string;
  unit?: string;
  help?: string;
  samples: ReadSample[];
}

const escapes: Readonly<Record<string, string>> = { "\\\\": "\\", '\\"': '"', "\\n": "\n" };
const quoted = String.raw`"(?:[^"\\\n]|\\["\\n])*"`;
const label = new RegExp(String.raw`([a-zA-Z_][a-zA-Z0-9_]*)=(${quoted})(,|$)`, "y");
const line = new RegExp(
  String.raw`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*=${quoted},?)*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$`,
);

/**
 * Reads OpenMetrics text by the grammar of OpenMetrics 1.0, as far as gauges need it. Written apart from what prints it, and
 * stricter than most readers: metadata first and once, no two samples with the same labels, nothing after `# EOF`.
 */
export function readOpenMetrics(text: string): ReadFamily[] {
  const lines = text.split("\n");
  assert.equal(lines.at(-1), "# EOF", "the text does not end with # EOF");
  const families: ReadFamily[] = [];
  for (const each of lines.slice(0, -1)) {
    const [, keyword, name = "", value = ""] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/s.exec(each) ?? [];
    const family = families.at(-1);
    if (keyword === "TYPE") {
      assert(!families.some((known) => known.name === name), `${name} is declared twice`);
      families.push({ name, type: value, samples: [] });
    } else if (keyword !== undefined) {
      assert(family?.name === name && family.samples.length === 0, `metadata in the wrong place: ${each}`);
      if (keyword === "UNIT") {
        assert(name.endsWith(`_${value}`), `${name} does not end with its unit`);
        family.unit = value;
      } else family.help = unescaped(value);
    } else {
      const sample = readSample(each);
      assert.equal(sample.name, family?.name, "a sample outside of its metric");
      const same = family?.samples.some(({ labels }) => sameLabels(labels, sample.labels));
      assert.notEqual(same, true, `two samples have the same labels: ${each}`);
      family?.samples.push(sample);
    }
  }
  return families;
}

function readSample(text: string): ReadSample {
  const [, name, labelText = "", value] = line.exec(text) ?? [];
  assert(name !== undefined && value !== undefined, `not a sample: ${JSON.stringify(text)}`);
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < labelText.length) {
    const [, key, content] = label.exec(labelText) ?? [];
    assert(key !== undefined && content !== undefined, `not a list of labels: ${labelText}`);
    assert(!Object.hasOwn(labels, key), `the label ${key} occurs twice`);
    labels[key] = unescaped(content.slice(1, -1));
  }
  return { name, labels, value: Number(value) };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\[\\"n]/g, (escape) => escapes[escape] ?? escape);
}

function sameLabels(one: Record<string, string>, other: Record<string, string>): boolean {
  const sorted = (labels: Record<string, string>) => JSON.stringify(Object.entries(labels).toSorted());
  return sorted(one) === sorted(other);
}

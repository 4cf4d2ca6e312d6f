import type { CheckedFinding, CheckReport } from "../../domain/check/report.ts";
import { visibleText } from "../../domain/visible-text.ts";
import { severityWords } from "../findings.ts";

/**
 * The findings as JUnit's XML, which CI systems show as tests. A problem is a failed test, what could not be determined is
 * one that ended in an error, and everything else has passed.
 */
export function junitReport({ findings, resources }: CheckReport): string {
  const found = new Set(findings.map(({ resource }) => resource));
  const cases = [
    ...resources.filter((resource) => !found.has(resource)).map((resource) => testCase(resource, resource)),
    ...findings.map(caseOf),
  ];
  const count = (severity: CheckedFinding["severity"]): string =>
    String(findings.filter((finding) => finding.severity === severity).length);
  const suite = element(
    "testsuite",
    {
      name: "postgres-recovery check",
      tests: String(cases.length),
      failures: count("refuse"),
      errors: count("unknown"),
    },
    cases.join(""),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("testsuites", {}, suite)}`;
}

function caseOf(finding: CheckedFinding): string {
  const { code, file, fix, line, resource, severity, what, where } = finding;
  const place = file === null ? "" : `${file}:${line ?? 1}: `;
  const message = `${place}${where}: ${what}`;
  const body = escaped(fix === "" ? message : `${message}; ${fix}`);
  switch (severity) {
    case "refuse":
      return testCase(code, resource, element("failure", { type: code, message }, body));
    case "unknown":
      return testCase(code, resource, element("error", { type: code, message }, body));
    case "warn":
      return testCase(code, resource, element("system-out", {}, `${severityWords.warn}: ${body}`));
    case "ok":
      return testCase(code, resource);
  }
}

function testCase(name: string, classname: string, content = ""): string {
  return element("testcase", { name, classname: classname === "" ? "resources together" : classname }, content);
}

function element(name: string, attributes: Readonly<Record<string, string>>, content: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  return `<${name}${written.join("")}>${content}</${name}>\n`;
}

/** XML 1.0 allows almost no control characters, not even as a reference, and no U+FFFE or U+FFFF. */
function escaped(text: string): string {
  return visibleText(text)
    .replaceAll(/[\ufffe\uffff]/g, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\t", "&#9;");
}

import { checkReport, type FilePlace } from "../../domain/check/check.ts";
import { resourceOfObject } from "../../domain/check/manifest.ts";
import type { CheckReport } from "../../domain/check/report.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import type { Finding } from "../../domain/finding.ts";
import { manifestFile, type LocatedObject } from "./manifest-file.ts";

type Located = LocatedObject & { readonly file: string };

/**
 * What all rules say of the objects in files of manifests.
 *
 * @param read the text of a file.
 * @throws RecoveryError `manifest-unreadable` that lists every place that cannot be read.
 */
export async function checkManifests(
  files: readonly string[],
  read: (file: string) => Promise<string>,
): Promise<CheckReport> {
  const contents = await Promise.all(files.map(async (file) => objectsIn(file, read)));
  const problems = contents.flatMap((content) => content.problems);
  if (problems.length > 0) {
    const several = problems.length === 1 ? "a place" : `${problems.length} places`;
    throw new RecoveryError("manifest-unreadable", `${several} cannot be read:\n${problems.join("\n")}`, {
      next: "correct them, then run it again; nothing was judged",
    });
  }
  const objects = contents.flatMap((content) => content.objects);
  const byUrn = new Map(objects.map((located, index) => [String(index), located]));
  const resources = [...byUrn].map(([urn, { object }]) => resourceOfObject(object, urn));
  const placeOf = (urn: string, finding: Finding): FilePlace | undefined => {
    const located = byUrn.get(urn);
    return located && { file: located.file, line: located.lineOf(finding) };
  };
  return checkReport({ source: "manifests", context: null, resources, placeOf });
}

async function objectsIn(
  file: string,
  read: (file: string) => Promise<string>,
): Promise<{ readonly objects: readonly Located[]; readonly problems: readonly string[] }> {
  const name = file === "-" ? "stdin" : file;
  try {
    const { objects, problems } = manifestFile(await read(file));
    return {
      objects: objects.map((located) => ({ ...located, file: name })),
      problems: problems.map(({ line, message }) => `${name}:${line}: ${message}`),
    };
  } catch (error) {
    return { objects: [], problems: [`${name}: ${messageOf(error)}`] };
  }
}

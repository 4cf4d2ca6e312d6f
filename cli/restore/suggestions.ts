import type { Suggestion, SuggestReport } from "../../domain/restore/check.ts";
import { visibleJson, visibleLine } from "../../domain/visible-text.ts";
import type { OutputFormat } from "../options.ts";
import { table } from "../table.ts";

/** The places with backups that `restore check --suggest` found. */
export function suggestionsText(report: SuggestReport, output: OutputFormat): string {
  if (output === "json") return visibleJson(report);
  if (report.places.length === 0) return visibleLine(`bucket ${report.bucket} holds no backup of Spilo`);
  if (output === "log") return report.places.map(suggestionLine).join("\n");
  const rows = report.places.map((place) => [
    place.scope,
    place.uid ?? "-",
    versionOf(place),
    String(place.versionInPath),
    String(place.backups),
    newestOf(place),
  ]);
  return table(["SCOPE", "UID", "POSTGRESVERSION", "VERSIONINPATH", "BACKUPS", "NEWEST"], rows);
}

/** One line, with the values as the setting `restore` names them. */
function suggestionLine(place: Suggestion): string {
  const source = place.uid === null ? 'prefix: ""' : `uid: ${place.uid}`;
  const version = `postgresVersion: ${versionOf(place)}, versionInPath: ${place.versionInPath}`;
  return visibleLine(
    `scope: ${place.scope}, ${source}, ${version} (${place.backups} backups, newest: ${newestOf(place)})`,
  );
}

function versionOf({ postgresVersion }: Suggestion): string {
  return postgresVersion === null ? "?" : String(postgresVersion);
}

function newestOf({ newest }: Suggestion): string {
  return newest?.modified ?? "never finished";
}

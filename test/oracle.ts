import { parseArgs } from "node:util";
import {
  damaged,
  drawnDamages,
  goodPrefix,
  isOfAnotherBackup,
  restored,
  verdicts,
  type Damage,
} from "./support/restore-oracle.ts";

/**
 * `npm run test:oracle`: damages one object of a captured prefix after another, by a seed, and compares what
 * `backup verify --read` says of each backup with what a restore of it does. It fails at the end if one verdict was wrong.
 * Refusals of a backup whose restore came out right all the same are counted apart (isOfAnotherBackup).
 */
const { values } = parseArgs({
  options: { cases: { type: "string", default: "500" }, seed: { type: "string", default: "1" } },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];
const write = process.stdout.write.bind(process.stdout);
// The WAL-G stand-in reports each part on stderr.
process.stderr.write = () => true;

const good = await goodPrefix();
const backups = [...(await verdicts(good, true)).keys()];
const [wrong, apart]: [string[], string[]] = [[], []];
let onlyByContent = 0;
let done = 0;
for (const damage of drawnDamages(good, seed).take(cases)) {
  const prefix = damaged(good, damage);
  const backup = backups[done % backups.length] ?? "";
  const [listed, read, real] = [
    (await verdicts(prefix, false)).get(backup),
    (await verdicts(prefix, true)).get(backup),
    await restored(good, prefix, backup),
  ];
  done += 1;
  const disagrees = read !== real;
  if (disagrees)
    (read === undefined && isOfAnotherBackup(damage, backup) ? apart : wrong).push(
      `${described(damage)}, ${backup}: said ${read ?? "no"}, restored ${real ?? "no"}`,
    );
  if (!disagrees && listed !== real) onlyByContent += 1;
  if (done % 10 === 0) write(`${done} of ${cases}: ${wrong.length} wrong\n`);
}
write(
  `${[...wrong, ...apart, ""].join("\n")}seed ${seed}: ${done} cases, ${wrong.length} wrong verdicts; ${onlyByContent} right only with --read; ${apart.length} different for objects of another backup\n`,
);
process.exitCode = wrong.length > 0 || done < cases ? 1 : 0;

function described({ name, kind, bytes, other }: Damage): string {
  const details = { deleted: "", archived: "", cut: ` to ${bytes} bytes`, swapped: ` with ${other}` }[kind];
  return `${name} ${kind}${details}`;
}

/** When a line of Debian's cron runs. Spilo puts BACKUP_SCHEDULE into a crontab as it is. */
export interface Schedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  /** 1 is January. */
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** Whether a date must match day and weekday. Otherwise one of the two is enough. */
  readonly bothDays: boolean;
}

interface Field {
  readonly title: string;
  readonly first: number;
  readonly last: number;
  /** Names that cron reads in any case, for `first` and the numbers after it. */
  readonly names?: readonly string[];
}

const fields: readonly Field[] = [
  { title: "minute", first: 0, last: 59 },
  { title: "hour", first: 0, last: 23 },
  { title: "day of the month", first: 1, last: 31 },
  {
    title: "month",
    first: 1,
    last: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { title: "day of the week", first: 0, last: 7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const day = 86_400_000;
const minute = 60_000;
/** From one 29 February to the next there are at most eight years. */
const searchedDays = 8 * 366;

/**
 * Reads five fields of a crontab as Debian's cron does (cron 3.0, entry.c).
 *
 * @throws SyntaxError that says which field is wrong.
 * @example parseSchedule("0 1 * * mon-fri").weekdays // → 1, 2, 3, 4, 5
 */
export function parseSchedule(text: string): Schedule {
  const parts = text.split(/[ \t]+/);
  if (parts.length !== fields.length) throw new SyntaxError("does not have five fields");
  const [minutes, hours, days, months, weekdays] = fields.map((field, index) => parseField(parts[index] ?? "", field));
  if (!minutes || !hours || !days || !months || !weekdays) throw new TypeError("five fields are always read");
  if (weekdays.has(7)) weekdays.add(0);
  const [, , dayText = "", , weekdayText = ""] = parts;
  return { minutes, hours, days, months, weekdays, bothDays: dayText.startsWith("*") || weekdayText.startsWith("*") };
}

function parseField(text: string, field: Field): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [, from = "", to, step] = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d+))?$/i.exec(part) ?? [];
    const isRange = from === "*" || to !== undefined;
    const first = from === "*" ? field.first : numberIn(from, field);
    const last = from === "*" ? field.last : numberIn(to ?? from, field);
    const isWrong = (from === "*" && to !== undefined) || (step !== undefined && (!isRange || Number(step) === 0));
    if (first === undefined || last === undefined || isWrong) throw new SyntaxError(`has no valid ${field.title}`);
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}

function numberIn(text: string, { first, last, names = [] }: Field): number | undefined {
  const name = names.indexOf(text.toLowerCase());
  if (name >= 0) return first + name;
  return /^\d+$/.test(text) && Number(text) >= first && Number(text) <= last ? Number(text) : undefined;
}

/**
 * What is wrong with a schedule of backups; undefined when cron runs it.
 *
 * @example scheduleProblem("0 1 31 2 *") // → "never comes"
 */
export function scheduleProblem(text: string): string | undefined {
  try {
    return lastRun(parseSchedule(text), Date.UTC(2032, 2, 1)) === undefined ? "never comes" : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/**
 * The last moment before another one at which cron runs a line, in UTC. Both are in milliseconds since 1970. Undefined
 * when there is none: cron accepts 31 February, and a range such as 5-1.
 */
export function lastRun(schedule: Schedule, before: number): number | undefined {
  let start = Math.floor((before - 1) / day) * day;
  for (let searched = 0; searched <= searchedDays; searched += 1, start -= day) {
    if (!isOn(schedule, new Date(start))) continue;
    const inDay = [...schedule.hours].flatMap((hour) => [...schedule.minutes].map((part) => hour * 60 + part));
    const past = inDay.map((part) => start + part * minute).filter((moment) => moment < before);
    if (past.length > 0) return Math.max(...past);
  }
  return undefined;
}

function isOn({ days, weekdays, months, bothDays }: Schedule, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const [isDay, isWeekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return bothDays ? isDay && isWeekday : isDay || isWeekday;
}

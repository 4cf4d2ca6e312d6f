/** Ends the program with an error that WAL-G would print, too. */
export class Fatal extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Prints a line to stderr as WAL-G does: `INFO: 2026/11/24 18:15:55.739354 List backups from storages: [default]`. */
export function log(level: "INFO" | "WARNING" | "ERROR", message: string): void {
  const now = new Date().toISOString();
  const [date = "", time = ""] = now.slice(0, -1).split("T");
  process.stderr.write(`${level}: ${date.replaceAll("-", "/")} ${time}000 ${message}\n`);
}

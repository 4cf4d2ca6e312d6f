/**
 * The data of a bootstrap that had come as far as a running Postgres, and then failed. Patroni renames their folder to
 * `data.failed`, in place of that of an earlier attempt, and starts again from the beginning.
 */
export interface SetAside {
  /** Another one for the data of another attempt. */
  readonly mark: string;
  /** The last error in PostgreSQL's log, which is why Spilo's post_init.sh has failed. Undefined if there is none. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

/** PostgreSQL's code for a schema that does not exist. */
const noSchema = "3F000";

/**
 * Reads what the Pod printed: a mark, and the end of a line of PostgreSQL's log in the format CSV.
 *
 * @returns undefined when nothing was set aside.
 * @example readSetAside('4711-1764370000\nERROR,3F000,"schema ""public"" does not exist"\n')?.error?.code  // → "3F000"
 */
export function readSetAside(output: string): SetAside | undefined {
  const [mark = "", log = ""] = output.split("\n");
  if (!/^\d+-\d+$/.test(mark)) return undefined;
  const [, code, message = ""] = /^ERROR,([0-9A-Z]{5}),"((?:[^"]|"")*)"/.exec(log) ?? [];
  return { mark, error: code === undefined ? undefined : { code, message: message.replaceAll('""', '"') } };
}

/**
 * Why the bootstrap failed. Only the message about a missing schema is repeated: that of another error may quote data.
 *
 * @returns `why`, and what to do, if that is known.
 */
export function whySetAside({ error }: SetAside): { readonly why: string; readonly next: string } {
  if (error?.code === noSchema) {
    return {
      why: `Spilo's post_init.sh failed: ${error.message}`,
      next: 'no attempt can succeed with this backup: restore to a time before the schema was dropped (restore.targetTime). See docs/harbor.md, "A restored database without the schema public"',
    };
  }
  const code = error === undefined ? "" : `; the last error in PostgreSQL's log has the code ${error.code}`;
  return {
    why: `Patroni's last step or Spilo's post_init.sh failed${code}`,
    next: "see the Pod's log from `post_bootstrap` or `post_init` on, and the end of pg_log/*.csv beside the data",
  };
}

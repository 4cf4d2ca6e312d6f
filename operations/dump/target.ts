import type { Writable } from "node:stream";

/** A place that takes dumps. */
export interface DumpTarget {
  /**
   * Sees that dumps can be written there. `databaseBytes` asks how much the databases take; undefined when that cannot be
   * found out.
   *
   * @throws RecoveryError that says why not.
   */
  prepare(databaseBytes: () => Promise<number | undefined>): Promise<void>;
  /**
   * A new dump of that name; undefined when there is one already.
   *
   * @throws RecoveryError when it could not be written.
   */
  begin(name: string, signal: AbortSignal): Promise<NewDump | undefined>;
}

/** A dump under way, which nobody sees under its name before it is kept. Either `keep` or `discard` ends it, or both in this order. */
export interface NewDump {
  /** Path or URL that it is going to have. */
  readonly file: string;
  readonly stream: Writable;
  /** Gives it its name, once the stream has taken all of its bytes and it is proven to be whole. */
  keep(size: number): Promise<void>;
  /**
   * Leaves nothing of it.
   *
   * @throws RecoveryError that says what may be left, and where.
   */
  discard(): Promise<void>;
}

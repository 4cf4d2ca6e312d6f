import type { Writable } from "node:stream";

/** A place that takes dumps. */
export interface DumpTarget {
  /**
   * Checks that dumps can be written there. `databaseBytes` asks for the size of the databases, in bytes; undefined when it
   * is not known.
   *
   * @throws RecoveryError that says why they cannot.
   */
  prepare(databaseBytes: () => Promise<number | undefined>): Promise<void>;
  /**
   * Begins a dump of that name; undefined when the name is taken.
   *
   * @throws RecoveryError when it could not be written.
   */
  begin(name: string, signal: AbortSignal): Promise<NewDump | undefined>;
}

/**
 * A dump that is being written. It gets its final name only when it is kept. `keep` or `discard` ends it; after a failed
 * `keep`, `discard` removes what is left.
 */
export interface NewDump {
  /** The path or URL that it gets when it is kept. */
  readonly file: string;
  readonly stream: Writable;
  /** Gives it its final name. Called only when the stream has taken all bytes and the dump is proven to be complete. */
  keep(size: number): Promise<void>;
  /**
   * Removes all of it.
   *
   * @throws RecoveryError that says what may be left, and where.
   */
  discard(): Promise<void>;
}

import type { Readable, Writable } from "node:stream";

/** A place that takes dumps. */
export interface DumpTarget {
  /**
   * Checks, without a change, whether dumps could be written there, as far as that can be known. `databaseBytes` is the
   * size of the databases; undefined when it is not known.
   *
   * @throws RecoveryError that says why they cannot.
   */
  check(databaseBytes: number | undefined): Promise<void>;
  /**
   * Checks that dumps can be written there, and prepares the place. `databaseBytes` is the size of the databases;
   * undefined when it is not known.
   *
   * @throws RecoveryError that says why they cannot.
   */
  prepare(databaseBytes: number | undefined): Promise<void>;
  /**
   * Begins a dump of that name; undefined when the name is taken.
   *
   * @throws RecoveryError when it could not be written.
   */
  begin(name: string): Promise<NewDump | undefined>;
  /** Names of the finished dumps that begin with `prefix`. */
  list(prefix: string): Promise<string[]>;
  /** A finished dump. */
  open(name: string): Promise<StoredDump>;
  /**
   * Removes what dumps have left that were killed, and returns a line for each.
   *
   * @param prefix of the names of this cluster's dumps.
   * @param limitSeconds the time limit of a dump.
   */
  removeLeftovers(prefix: string, limitSeconds: number): Promise<string[]>;
}

/** A dump that is finished. */
export interface StoredDump {
  /** Its path or URL. */
  readonly file: string;
  readonly size: number;
  /** Its last bytes; fewer if it is shorter. */
  end(bytes: number): Promise<Buffer>;
  /** All of its bytes. */
  content(): Promise<Readable>;
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

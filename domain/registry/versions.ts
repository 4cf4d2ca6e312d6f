/** A version of an object, or a delete marker that hides the versions before it. */
export interface ObjectVersion {
  readonly kind: "version" | "delete-marker";
  readonly versionId: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Bytes; 0 for a delete marker. */
  readonly size: number;
}

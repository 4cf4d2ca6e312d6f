/** A live system's answer, or why there is none. */
export type Gathered<T> = { readonly found: T } | { readonly failed: string };

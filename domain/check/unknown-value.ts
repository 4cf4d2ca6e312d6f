/** The text that Pulumi puts in the place of a secret that it cannot decrypt, such as in `pulumi policy analyze --file`. */
export const redacted = "[secret]";

/** A judge has read a value that is not known. */
export class UnknownValue extends Error {
  readonly path: string;

  constructor(path: readonly string[]) {
    super(`the value at ${path.join(".")} is not known`);
    this.name = "UnknownValue";
    this.path = path.join(".");
  }
}

/**
 * The same value. To read a text in it that Pulumi has put in the place of a secret throws an {@link UnknownValue}: no rule
 * may take that text for the value.
 */
export function withUnknowns<Value>(value: Value, path: readonly string[] = []): Value {
  if (value === redacted) throw new UnknownValue(path);
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get: (target, key, receiver) => {
      const found: unknown = Reflect.get(target, key, receiver);
      return typeof key === "string" ? withUnknowns(found, [...path, key]) : found;
    },
  });
}

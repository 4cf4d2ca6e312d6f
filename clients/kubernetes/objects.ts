import type { z } from "zod";
import { understood, type KubernetesApi } from "./api.ts";
import { everyPage, pageQuery, pageSchema } from "./pages.ts";

/** Which objects a LIST asks for. */
export interface ObjectList {
  /** The resource, as RBAC names it. */
  readonly what: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** Every object of a LIST, in pages, in the API server's order. Only the fields of the schema are kept. */
export function everyObject<T>(
  { context, get }: Pick<KubernetesApi, "context" | "get">,
  { path, query, what }: ObjectList,
  schema: z.ZodType<T>,
): Promise<T[]> {
  const page = pageSchema(schema);
  return everyPage(async (next) =>
    understood(context, page, await get(`list ${what}`, `${path}?${pageQuery(next, query)}`)),
  );
}

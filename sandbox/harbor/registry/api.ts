import { z } from "zod";

/** Asks Harbor's tables; each `:'NAME'` in the query is a text of `texts`. */
export type AskTables = (query: string, texts?: Readonly<Record<string, string>>) => Promise<unknown[]>;

/** An answer of Harbor's API. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
  /** How many there are in all, for a list. */
  readonly total?: number;
}

/** Who asks: the administrator sees everything, anybody else the public projects. */
export type Caller = "admin" | "anonymous";

const version = "v2.5.1";
/** The parts of Harbor 2.5 that report their health. */
const components = ["core", "jobservice", "portal", "redis", "registry", "registryctl"];
const pageSchema = z.object({
  page: z.coerce.number().int().min(1).default(1),
  page_size: z.coerce.number().int().min(0).max(100).default(10),
});
const counted = z.array(z.object({ total: z.int() }));

const visible = `not p.deleted and (:'caller' = 'admin' or exists (
  select from project_metadata m where m.project_id = p.project_id and m.name = 'public' and m.value = 'true'))`;
const repositories = `from repository r join project p using (project_id) where p.name = :'project' and ${visible}`;
const artifacts = `from artifact a join project p using (project_id)
  where p.name = :'project' and a.repository_name = :'project' || '/' || :'repository' and ${visible}`;

/**
 * What Harbor's API 2.0 answers to a GET, read from its tables. Only what a restore is judged by is there.
 *
 * @param path with its query, such as `/api/v2.0/projects?page=2`.
 * @param address where Harbor is reached.
 */
export async function apiAnswer(path: string, caller: Caller, address: string, ask: AskTables): Promise<ApiAnswer> {
  const url = new URL(path, address);
  const parts = url.pathname
    .replace(/^\/api\/v2\.0\//, "")
    .split("/")
    .map(decodeURIComponent);
  const list = async (
    columns: string,
    from: string,
    order: string,
    texts: Record<string, string>,
  ): Promise<ApiAnswer> => {
    const { data: page, error } = pageSchema.safeParse(Object.fromEntries(url.searchParams));
    if (error !== undefined) return failure(422, "UNPROCESSABLE_ENTITY", "page and page_size are numbers");
    const known = { ...texts, caller };
    const [{ total } = { total: 0 }] = counted.parse(await ask(`select count(*)::int as total ${from}`, known));
    // A size of 0 means all of them.
    const limit = page.page_size === 0 ? "" : `limit ${page.page_size} offset ${(page.page - 1) * page.page_size}`;
    const body = await ask(`select ${columns} ${from} order by ${order} ${limit}`, known);
    return { status: 200, body, total };
  };
  const [what, project = "", folder, repository = "", kind] = parts;
  const shape = [what, folder, kind].filter((part) => part !== undefined).join("/");
  switch (`${shape} ${parts.length}`) {
    case "health 1":
      return health(ask);
    case "systeminfo 1":
      return { status: 200, body: systemInfo(address, caller) };
    case "projects 1":
      return list(projectColumns, `from project p where ${visible}`, "p.name", {});
    case "projects/repositories 3":
      return list(repositoryColumns, repositories, "r.name", { project });
    case "projects/repositories/artifacts 5":
      // Harbor wants the slashes in a repository's name encoded twice.
      return list(artifactColumns, artifacts, "a.push_time desc, a.id", {
        project,
        repository: decodeURIComponent(repository),
      });
    default:
      return failure(404, "NOT_FOUND", `path ${url.pathname} was not found`);
  }
}

const projectColumns = `p.project_id, p.owner_id, p.name, p.registry_id, p.creation_time at time zone 'utc' as creation_time, p.update_time at time zone 'utc' as update_time,
  (select count(*)::int from repository r where r.project_id = p.project_id) as repo_count,
  coalesce((select json_object_agg(m.name, m.value) from project_metadata m where m.project_id = p.project_id), '{}') as metadata`;
const repositoryColumns = `r.repository_id as id, r.project_id, r.name, r.description, r.pull_count, r.creation_time at time zone 'utc' as creation_time, r.update_time at time zone 'utc' as update_time,
  (select count(*)::int from artifact a where a.repository_id = r.repository_id) as artifact_count`;
const artifactColumns = `a.id, a.type, a.media_type, a.manifest_media_type, a.project_id, a.repository_id, a.repository_name, a.digest,
  a.size, a.push_time at time zone 'utc' as push_time, a.pull_time at time zone 'utc' as pull_time,
  (select json_agg(json_build_object('id', t.id, 'name', t.name, 'push_time', t.push_time at time zone 'utc') order by t.name) from tag t
    where t.artifact_id = a.id) as tags`;

async function health(ask: AskTables): Promise<ApiAnswer> {
  const database = await ask("select 1").then(
    () => ({ name: "database", status: "healthy" }),
    () => ({ name: "database", status: "unhealthy", error: "failed to connect to the database" }),
  );
  const others = components.map((name) => ({ name, status: "healthy" }));
  const all = [...others, database].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { status: 200, body: { status: database.status, components: all } };
}

function systemInfo(address: string, caller: Caller): object {
  const { host } = new URL(address);
  const anybody = { auth_mode: "db_auth", banner_message: "", primary_auth_mode: false, self_registration: false };
  return caller === "admin"
    ? {
        ...anybody,
        external_url: address,
        harbor_version: version,
        registry_url: host,
        with_chartmuseum: false,
        with_notary: false,
      }
    : anybody;
}

function failure(status: number, code: string, message: string): ApiAnswer {
  return { status, body: { errors: [{ code, message }] } };
}

/** Who sends a request with this header `Authorization`. Undefined when the name or the password is wrong. */
export function callerOf(authorization: string | undefined, adminPassword: string): Caller | undefined {
  if (authorization === undefined) return "anonymous";
  const [, encoded = ""] = /^Basic (.+)$/.exec(authorization) ?? [];
  return Buffer.from(encoded, "base64").toString("utf8") === `admin:${adminPassword}` ? "admin" : undefined;
}

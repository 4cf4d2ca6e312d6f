import { z } from "zod";

/** Where a comment goes. */
export interface CommentPlace {
  /** Address of GitHub's API, from GITHUB_API_URL. */
  readonly api: string;
  /** OWNER/NAME, from GITHUB_REPOSITORY. */
  readonly repository: string;
  readonly pullRequest: number;
  /** It is sent to GitHub, and appears nowhere else. */
  readonly token: string;
}

const perPage = 100;
/** A pull request with more comments than this gets a second one of ours. */
const pages = 20;
const milliseconds = 30_000;
const comments = z.array(
  z.object({ id: z.int(), body: z.string().nullish(), user: z.object({ type: z.string() }).nullish() }),
);

/**
 * Writes the one comment of a pull request that has this marker: changes it, or creates it the first time. A comment of a
 * person counts as none, even if it has the marker.
 *
 * @param marker names the comment; it is invisible.
 * @returns whether the comment was created or updated.
 * @throws Error with GitHub's status. It never contains the token.
 */
export async function writeComment(place: CommentPlace, marker: string, text: string): Promise<"created" | "updated"> {
  const first = `<!-- ${marker} -->`;
  const body = `${first}\n${text}`;
  const existing = await findComment(place, first);
  if (existing === undefined) {
    await ask(place, "POST", `issues/${place.pullRequest}/comments`, { body });
    return "created";
  }
  await ask(place, "PATCH", `issues/comments/${existing}`, { body });
  return "updated";
}

async function findComment(place: CommentPlace, first: string): Promise<number | undefined> {
  for (let page = 1; page <= pages; page += 1) {
    const path = `issues/${place.pullRequest}/comments?per_page=${perPage}&page=${page}`;
    const found = comments.parse(await ask(place, "GET", path));
    const ours = found.find(({ body, user }) => user?.type === "Bot" && body?.startsWith(first) === true);
    if (ours !== undefined) return ours.id;
    if (found.length < perPage) return undefined;
  }
  return undefined;
}

async function ask(
  { api, repository, token }: CommentPlace,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${api}/repos/${repository}/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, Accept: "application/vnd.github+json" },
    signal: AbortSignal.timeout(milliseconds),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`GitHub answered HTTP ${response.status} (${method} ${path})`);
  return response.json();
}

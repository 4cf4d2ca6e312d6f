import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { writeComment, type CommentPlace } from "../../../ci/comment.ts";

interface Comment {
  id: number;
  body: string;
  user: { type: string };
}

describe("the comment of a pull request", () => {
  let server: Server;
  let place: CommentPlace;
  let comments: Comment[];
  let status: number;
  let tokens: Set<string>;

  beforeEach(async () => {
    comments = [];
    status = 200;
    tokens = new Set();
    server = createServer((request, response) => {
      void text(request).then((sent) => {
        tokens.add(request.headers.authorization ?? "");
        const url = new URL(request.url ?? "", "http://server");
        const answer = answered(request.method ?? "", url, sent === "" ? "" : (JSON.parse(sent) as Comment).body);
        response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    place = { api: `http://127.0.0.1:${port}`, repository: "team/stacks", pullRequest: 7, token: "CANARY" };
  });
  afterEach(async () => {
    server.close();
    await once(server, "close");
  });

  /** GitHub's API for the comments of the pull request 7. */
  function answered(method: string, { pathname, searchParams }: URL, body: string): unknown {
    if (method === "GET" && pathname === "/repos/team/stacks/issues/7/comments") {
      const start = (Number(searchParams.get("page")) - 1) * Number(searchParams.get("per_page"));
      return comments.slice(start, start + Number(searchParams.get("per_page")));
    }
    if (method === "POST" && pathname === "/repos/team/stacks/issues/7/comments") {
      comments.push({ id: 1000 + comments.length, body, user: { type: "Bot" } });
      return comments.at(-1);
    }
    const [, id] = /^\/repos\/team\/stacks\/issues\/comments\/(\d+)$/.exec(pathname) ?? [];
    const found = comments.find((comment) => String(comment.id) === id);
    if (method !== "PATCH" || found === undefined) {
      status = 404;
      return {};
    }
    found.body = body;
    return found;
  }

  it("is created once, and then updated, also behind a hundred others", async () => {
    assert.equal(await writeComment(place, "preview dev", "first"), "created");
    const ours = comments.splice(0);
    comments = [...Array.from({ length: 150 }, (_, id) => ({ id, body: "hello", user: { type: "User" } })), ...ours];
    assert.equal(await writeComment(place, "preview dev", "second"), "updated");
    assert.equal(await writeComment(place, "preview lab", "other"), "created");
    assert.deepEqual(
      comments.slice(150).map(({ body }) => body),
      ["<!-- preview dev -->\nsecond", "<!-- preview lab -->\nother"],
    );
    assert.deepEqual([...tokens], ["Bearer CANARY"]);
  });

  it("of a person is left alone, even with the marker", async () => {
    comments = [{ id: 1, body: "<!-- preview dev -->\nmine", user: { type: "User" } }];
    assert.equal(await writeComment(place, "preview dev", "text"), "created");
    assert.equal(comments[0]?.body, "<!-- preview dev -->\nmine");
  });

  it("fails with GitHub's status, and without the token", async () => {
    status = 403;
    await assert.rejects(writeComment(place, "preview dev", "text"), (error: Error) => {
      assert.match(error.message, /^GitHub answered HTTP 403 \(GET /);
      return !error.message.includes("CANARY");
    });
  });
});

import { statusWords, type Cell } from "../cells.ts";
import type { FleetStatus } from "../status.ts";
import { markup, nothing, type Markup } from "./markup.ts";

/** A status with its colour and its sign. */
export function badge(status: FleetStatus): Markup {
  return markup`<b class="s ${status}">${statusWords[status]}</b>`;
}

/** A cell of the table. */
export function cellMarkup({ detail, isMissing, main }: Cell): Markup {
  const text = isMissing === true ? markup`<i>${main}</i>` : markup`${main}`;
  return markup`${text}${detail === "" ? nothing : markup`<small>${detail}</small>`}`;
}

import { visibleJson, visibleLine } from "../../visible-text.ts";

/** Text that is HTML already. Everything else is escaped before it gets into the page. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly Markup[];

/**
 * HTML with escaped values, in elements and in quoted attributes.
 *
 * @example markup`<b title="${'"'}">${"<i>"}</b>`.text // → '<b title="&quot;">&lt;i></b>'
 */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const filled = parts.map((part, index) => `${partText(part)}${texts[index + 1] ?? ""}`);
  return new Markup(`${texts[0] ?? ""}${filled.join("")}`);
}

/** Nothing, where markup is optional. */
export const nothing = new Markup("");

function partText(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "string") return escapedText(part);
  return typeof part === "number" ? String(part) : part.map(({ text }) => text).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Characters that a reader cannot see, such as those that reverse the direction of a text, are shown as escapes. */
function escapedText(text: string): string {
  return visibleLine(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}

/**
 * JSON inside a script element. It parses to the same value, and cannot end the element.
 *
 * @example jsonMarkup("</script>").text // → '"\\u003c/script\\u003e"'
 */
export function jsonMarkup(value: unknown): Markup {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return new Markup(visibleJson(value).replaceAll(/[<>&]/g, escape));
}

"use strict";
// Sorting and filtering of the table. The page works without this script.
const data = JSON.parse(document.getElementById("data").textContent);
const table = document.getElementById("fleet");
const body = table.tBodies[0];
const rows = [...body.rows].map((element, index) => ({
  element,
  index,
  values: data.rows[index],
  text: element.textContent.toLowerCase(),
}));
const statusColumn = data.columns.indexOf("status");
const find = document.getElementById("find");
const chosen = document.getElementById("status");
const shown = document.getElementById("shown");

function filter() {
  const words = find.value.toLowerCase().split(/\s+/);
  let count = 0;
  for (const { element, text, values } of rows) {
    const hasStatus = chosen.value === "" || values[statusColumn] === chosen.value;
    element.hidden = !(hasStatus && words.every((word) => text.includes(word)));
    if (!element.hidden) count += 1;
  }
  shown.textContent = `${count} of ${rows.length} clusters`;
}

/** Moments are ISO 8601 texts, but not all of one precision. */
function sortValue(value, name) {
  if (name === "status") return data.statuses.indexOf(value);
  if (value !== null && /(At|From|Until)$/.test(name)) return Date.parse(value);
  return value;
}

/** What is not known comes last in both directions. */
function sort(name, isDescending) {
  const column = data.columns.indexOf(name);
  const direction = isDescending ? -1 : 1;
  const keyed = rows.map((row) => ({ ...row, key: sortValue(row.values[column], name) }));
  keyed.sort((a, b) => {
    if (a.key === b.key) return a.index - b.index;
    if (a.key === null) return 1;
    if (b.key === null) return -1;
    return a.key < b.key ? -direction : direction;
  });
  body.append(...keyed.map(({ element }) => element));
}

function sortBy(heading) {
  const isDescending = heading.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
  sort(heading.dataset.value, isDescending);
}

for (const heading of table.tHead.rows[0].cells) {
  if (heading.dataset.value === undefined) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  button.addEventListener("click", () => sortBy(heading));
  heading.append(button);
}
table.tHead.rows[0].cells[statusColumnOfTable()].setAttribute("aria-sort", "ascending");
document.getElementById("controls").hidden = false;
document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
find.addEventListener("input", filter);
chosen.addEventListener("input", filter);
filter();

function statusColumnOfTable() {
  return [...table.tHead.rows[0].cells].findIndex((heading) => heading.dataset.value === "status");
}

/** A link to a cluster's details opens them. */
function openTarget() {
  document.getElementById(location.hash.slice(1))?.closest("details")?.setAttribute("open", "");
}
addEventListener("hashchange", openTarget);
openTarget();

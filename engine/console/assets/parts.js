// Parts that several views are made of: headings, badges, lists of facts, tables that can be sorted.

import { element } from "./elements.js";
import { count, NONE, text } from "./format.js";

/** An element with handlers: `on(element(...), { click })`. */
export function on(target, handlers) {
  for (const [name, handler] of Object.entries(handlers)) {
    target[`on${name}`] = handler;
  }
  return target;
}

export function button(label, click, attributes = {}) {
  return on(element("button", { type: "button", ...attributes }, label), { click });
}

export function link(to, ...children) {
  return element("a", { href: to }, ...children);
}

/** A word with a colour: clean, warning, severe, info or quiet. */
export function badge(level, ...words) {
  return element("span", { class: `badge ${level}` }, ...words);
}

/** The hub's sentence, at the place that it is about. */
export function problem(sentence) {
  return sentence && element("p", { class: "problem", role: "alert" }, sentence);
}

/** A text that comes from elsewhere: its own direction must not turn the sentence around it. */
export function said(words) {
  return element("bdi", {}, text(words));
}

/** A number, a name of a file or a setting, letter by letter. */
export function letters(words, kind = "") {
  return element("span", { class: `code ${kind}` }, text(words));
}

export function quiet(...words) {
  return element("p", { class: "quiet" }, ...words);
}

/** The head of a view: its name and what can be done. */
export function heading(title, ...actions) {
  const shown = actions.filter(Boolean);
  return element("div", { class: "heading" }, element("h1", { tabindex: "-1" }, title),
    shown.length ? element("div", { class: "actions" }, ...shown) : "");
}

/** A part of a view. */
export function card(title, ...children) {
  return element("section", { class: "card", "data-key": `card ${title}` }, title && element("h2", {}, title),
    ...children);
}

/** Names and what they are; pairs that are missing are left out. */
export function facts(pairs) {
  const rows = pairs.filter(Boolean).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value === undefined || value === "" ? NONE : value)));
  return element("dl", { class: "facts" }, ...rows);
}

/** Large figures in a row: `[name, figure, remark, level]`. */
export function tiles(given) {
  return element("dl", { class: "tiles" }, ...given.filter(Boolean).map(([name, figure, remark, level]) =>
    element("div", { class: level ? `tile ${level}` : "tile" }, element("dt", {}, name),
      element("dd", { class: "figure" }, figure), remark ? element("dd", { class: "remark" }, remark) : "")));
}

/** A column that is sorted by the value that it shows. */
export function column(title, of, show = said) {
  return { title, cell: (row) => show(of(row)), sort: of };
}

/** As `column`, for texts that may need several lines. */
export function wide(title, of, show = said) {
  return { ...column(title, of, show), wide: true };
}

/** As `column`, for numbers. */
export function number(title, of, show = count) {
  return { ...column(title, of, show), number: true };
}

/** How the rows of a table are sorted, by the table's name, for as long as the page is open. */
const sorting = new Map();

/**
 * A table. A column, where it is not made by one of the above, is `{ title, cell(row), number, sort(row), wide }`;
 * `sort` gives what a column is sorted by and makes its head a button. On a narrow screen each row is a card whose
 * lines say the columns' titles.
 */
export function table({ name, caption, columns, rows, key, empty, redraw }) {
  if (rows.length === 0) {
    return quiet(empty);
  }
  const order = sorting.get(name);
  const shown = order && redraw ? sorted(rows, columns[order.column].sort, order.down) : rows;
  const head = columns.map((column, index) => headCell(column, index, order, name, redraw));
  const body = shown.map((row, index) => element("tr", { role: "row", "data-key": `row ${key ? key(row) : index}` },
    ...columns.map((column, place) => bodyCell(column, row, place))));
  return element("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": caption },
    element("table", { role: "table", class: "rows" },
      element("caption", { class: "unseen" }, caption),
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)),
      element("tbody", { role: "rowgroup" }, ...body)));
}

function headCell({ title, number: isNumber, sort }, index, order, name, redraw) {
  const direction = order?.column === index && (order.down ? "descending" : "ascending");
  const attributes = { scope: "col", role: "columnheader", class: isNumber && "number", "aria-sort": direction };
  if (!sort || !redraw) {
    return element("th", attributes, title);
  }
  const turn = () => {
    // First what is largest, since that is mostly what one looks for in numbers.
    const down = order?.column === index ? !order.down : Boolean(isNumber);
    sorting.set(name, { column: index, down });
    redraw();
  };
  const sign = direction ? element("span", { "aria-hidden": "true" }, order.down ? " ▾" : " ▴") : "";
  return element("th", attributes, button(title, turn, { class: "sort" }), sign);
}

function bodyCell({ title, cell, number: isNumber, wide: isWide }, row, place) {
  const given = cell(row);
  const value = given === undefined || given === null || given === "" ? NONE : given;
  const children = Array.isArray(value) ? value : [value];
  const name = place === 0 ? "th" : "td";
  return element(name, {
    role: place === 0 ? "rowheader" : "cell",
    scope: place === 0 && "row",
    class: [isNumber && "number", isWide && "wide", value === NONE && "none"].filter(Boolean).join(" ") || undefined,
    "data-title": title,
  }, ...children);
}

/** Rows in the order of a value; those without one last. */
function sorted(rows, value, down) {
  const without = (row) => value(row) === undefined || value(row) === null;
  const compare = (one, other) => (typeof one === "number" ? one - other : String(one).localeCompare(String(other)));
  return [...rows].sort((one, other) => {
    if (without(one) || without(other)) {
      return Number(without(one)) - Number(without(other));
    }
    return compare(value(one), value(other)) * (down ? -1 : 1);
  });
}

// The report of a period: looked at here, or saved as a file to hand on.

import * as api from "../api.js";
import { element } from "../elements.js";
import { count, figure, text } from "../format.js";
import { badge, button, card, facts, heading, on, problem, quiet, said, table } from "../parts.js";

const GROUPS = [["month", "month"], ["member", "member"], ["pair", "pair"], ["type", "type"]];

const FORMATS = [["html", "page with plots"], ["csv", "CSV"], ["json", "JSON"]];

/** Which part of a report is by what. */
const LISTS = { month: "months", member: "members", pair: "pairs", type: "types" };

/** Rows of a table that are shown here; the file has them all. */
const ROWS_MAX = 200;

/** What was chosen and what came of it, for as long as the page is open. */
const chosen = { from: undefined, to: undefined, by: "month", report: undefined, problem: undefined, isBusy: false };

export const reports = {
  title: "Reports",
  every: 0,
  load: () => {
    const today = new Date(api.now());
    chosen.from ??= new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 1)).toISOString().slice(0, 10);
    chosen.to ??= today.toISOString().slice(0, 10);
    return {};
  },
  draw(_, context) {
    return [
      heading("Reports"),
      form(context),
      problem(chosen.problem),
      chosen.report ? element("div", {}, ...shown(chosen.report)) :
        quiet("What was exchanged, how fast, what was refused, and what it cost, for any period."),
    ];
  },
};

function form({ redraw }) {
  const field = (name, title, input) => element("label", { class: "stack" }, title, on(input, {
    change: (event) => { chosen[name] = event.currentTarget.value; },
  }));
  const show = async (event) => {
    event.preventDefault();
    await attempt(redraw, async () => { chosen.report = await api.get("report", wanted("json")); });
  };
  return on(element("form", { class: "card search" },
    field("from", "From", element("input", { type: "date", id: "from", required: true, value: chosen.from })),
    field("to", "To (that day included)",
      element("input", { type: "date", id: "to", required: true, value: chosen.to })),
    field("by", "Grouped by", element("select", { id: "by" }, ...GROUPS.map(([value, words]) =>
      element("option", { value, selected: value === chosen.by }, words)))),
    element("button", { type: "submit", class: "main", disabled: chosen.isBusy }, "Show"),
    ...FORMATS.map(([format, named]) => button(`Save ${named}`, () => save(format, redraw), {
      disabled: chosen.isBusy, id: `save-${format}`,
    }))),
  { submit: show });
}

function wanted(format) {
  return { from: chosen.from, to: chosen.to, by: chosen.by, format };
}

async function attempt(redraw, work) {
  Object.assign(chosen, { problem: undefined, isBusy: true });
  redraw();
  try {
    await work();
  } catch (error) {
    chosen.problem = error.message;
  }
  chosen.isBusy = false;
  redraw();
}

function save(format, redraw) {
  return attempt(redraw, async () => {
    const address = URL.createObjectURL(await api.file("report", wanted(format)));
    element("a", { href: address, download: `phytohub-${chosen.from}-${chosen.to}.${format}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  });
}

/** What is foremost of a report, then its other parts as tables. */
function shown(report) {
  const { summary = [], not_known: unknown = [], reconciles, reconciliation, ...parts } = report;
  const first = LISTS[report.by];
  const { [first]: foremost, ...rest } = parts;
  const others = Object.entries(rest).filter(([, part]) => typeof part === "object" && part !== null);
  return [
    card("In short", sentences(summary), reconciles === undefined ? "" : element("p", {}, reconciles ?
      badge("clean", "its figures agree with the journal's") : badge("severe", "its figures do not agree"))),
    unknown.length === 0 ? "" : card("What is not known", sentences(unknown)),
    foremost?.length ? card(`By ${report.by}`, listed(`By ${report.by}`, foremost)) : "",
    card("The rest", ...[...others, ["reconciliation", reconciliation ?? []]].map(([name, part]) =>
      folded(words(name), part))),
  ];
}

function sentences(list) {
  return element("ul", { class: "life" }, ...list.map((sentence) => element("li", {}, said(sentence))));
}

function folded(title, part) {
  const isList = Array.isArray(part);
  if (isList && part.length === 0) {
    return "";
  }
  return element("details", { "data-key": `part ${title}` }, element("summary", {}, title),
    isList ? listed(title, part) :
      facts(Object.entries(flat(part)).map(([name, value]) => [words(name), cell(value)])));
}

/** An object without objects in it. */
function flat(given, prefix = "") {
  return Object.fromEntries(Object.entries(given).flatMap(([key, value]) => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? Object.entries(flat(value, `${prefix}${key} `)) : [[`${prefix}${key}`, value]];
  }));
}

function listed(caption, list) {
  const rows = list.map((row) => (typeof row === "object" && row !== null ? flat(row) : { [caption]: row }));
  const names = [...new Set(rows.flatMap(Object.keys))];
  const isNumber = (name) => rows.some((row) => typeof row[name] === "number");
  return element("div", {}, table({
    name: `report ${caption}`, caption, rows: rows.slice(0, ROWS_MAX), empty: "",
    columns: names.map((name) => ({ title: words(name), number: isNumber(name), cell: (row) => cell(row[name]) })),
  }), rows.length <= ROWS_MAX ? "" : quiet(`and ${count(rows.length - ROWS_MAX)} more in the file`));
}

function cell(value) {
  if (typeof value === "number") {
    return figure(value);
  }
  if (typeof value === "boolean") {
    return value ? "yes" : "no";
  }
  return Array.isArray(value) ? value.map((inner) => words(JSON.stringify(inner))).join(", ") : text(value);
}

function words(name) {
  return name.replaceAll("_", " ").replace(/^figures /, "");
}

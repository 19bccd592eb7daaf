// The report of a period: looked at here, or saved as a file to hand on.

import * as api from "../api.js";
import { element } from "../elements.js";
import { count, figure, text } from "../format.js";
import { button, card, heading, on, problem, quiet } from "../parts.js";

const GROUPS = [["", "nothing"], ["month", "month"], ["member", "member"], ["pair", "pair"], ["type", "type"]];

const FORMATS = [["html", "page with plots"], ["csv", "CSV"], ["json", "JSON"]];

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

/** The report's own structure as tables: figures that stand alone in one, each list in one of its own. */
function shown(report) {
  const alone = [];
  const lists = [];
  const walk = (value, path) => {
    if (Array.isArray(value)) {
      lists.push([path, value]);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        walk(inner, [...path, key]);
      }
    } else {
      alone.push([path, value]);
    }
  };
  walk(report, []);
  return [
    alone.length === 0 ? "" : card("Figures", element("dl", { class: "facts" }, ...alone.map(([path, value]) =>
      element("div", {}, element("dt", {}, words(path)), element("dd", {}, cell(value)))))),
    ...lists.filter(([, rows]) => rows.length !== 0)
      .map(([path, rows]) => card(words(path), listed(words(path), rows))),
  ];
}

function listed(caption, rows) {
  const isTable = rows.every((row) => typeof row === "object" && row !== null && !Array.isArray(row));
  const names = isTable ? [...new Set(rows.flatMap(Object.keys))] : [caption];
  const of = (row, name) => (isTable ? row[name] : row);
  const number = (name) => rows.some((row) => typeof of(row, name) === "number") && "number";
  return element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    element("table", {}, element("caption", { class: "unseen" }, caption),
      element("thead", {}, element("tr", {}, ...names.map((name) =>
        element("th", { scope: "col", class: number(name) }, words([name]))))),
      element("tbody", {}, ...rows.slice(0, ROWS_MAX).map((row) => element("tr", {}, ...names.map((name) =>
        element("td", { class: number(name) }, cell(of(row, name)))))))),
    rows.length <= ROWS_MAX ? "" : quiet(`and ${count(rows.length - ROWS_MAX)} more in the file`));
}

function cell(value) {
  if (typeof value === "number") {
    return figure(value);
  }
  return typeof value === "object" && value !== null ? JSON.stringify(value) : text(value);
}

function words(path) {
  return path.map((part) => part.replaceAll("_", " ")).join(" · ");
}

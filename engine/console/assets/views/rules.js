// What certificates are judged by: the validator in force, what is tried beside it, and code lists.

import * as api from "../api.js";
import { confirm } from "../dialog.js";
import { element } from "../elements.js";
import { count, day, plural, text } from "../format.js";
import { button, card, column, facts, heading, letters, link, number, problem, quiet, table, wide } from "../parts.js";
import { levelBadge } from "./member.js";

export const rules = {
  title: "Validator and lists",
  every: 10,
  load: () => api.each({
    validator: api.get("validator"),
    lists: api.get("lists"),
    documents: api.get("documents"),
  }),
  draw({ validator, lists, documents }, context) {
    return [
      heading("Validator and lists"),
      element("div", { class: "columns" },
        card("In force", problem(validator.problem), validator.value && settings(validator.value.active)),
        card("Tried beside it", validator.value && shadow(validator.value.shadow, context))),
      differences(validator.value?.shadow, context),
      card("Code lists", problem(lists.problem), lists.value && listTable(lists.value, context)),
      card("Documents", problem(documents.problem), documents.value && documentTable(documents.value, context)),
      element("p", {},
        element("a", { href: "check/rules/en.html", target: "_blank" }, "All rules, with examples"), " · ",
        element("a", { href: "check/", target: "_blank" }, "Check a certificate"), " · ",
        link("#/releases", "What comes next")),
    ];
  },
};

function settings(given, more = []) {
  const { validator, profile, lists = [], mode, version } = given ?? {};
  return facts([
    ["Validator", validator ? letters(validator) : "the native one of this hub"],
    version && ["Version", version],
    ["Profile", text(profile)],
    ["Lists of its own", lists.length === 0 ? "none" : lists.join(", ")],
    ["Severe findings", { enforce: "are refused", observe: "are only counted" }[mode] ?? text(mode)],
    ...more,
  ]);
}

function shadow(report, { mayChange, refresh }) {
  if (!report) {
    return quiet("No candidate. One is started with ", element("code", {}, "phytohub validator shadow"), ".");
  }
  return element("div", {}, settings(report.candidate, [
    ["Judged by both", count(report.judged)],
    ["Judged differently", count(report.differing)],
    ["Left out", count(report.left_out)],
  ]), mayChange && element("div", { class: "actions" },
    button("Put it in force", () => change("activate", report, refresh), { class: "main" }),
    button("Stop it", () => change("stop", report, refresh))));
}

function change(kind, report, done) {
  const isActivation = kind === "activate";
  const more = (report.classes ?? []).reduce((sum, one) => sum + (one.newly_refused ?? 0), 0);
  confirm({
    title: isActivation ? "Put the candidate in force?" : "Stop the candidate?",
    does: isActivation ? [
      `Of ${plural(report.judged, "delivery", "deliveries")} that both judged, ${count(more)} would be newly refused.`,
      "It judges from the next delivery on, until the hub ends; hub.toml says what judges after that.",
    ] : ["It does not judge any more, and its report goes."],
    action: isActivation ? "Put it in force" : "Stop it",
    isGrave: isActivation,
    done,
    perform: async () => {
      await api.post("validator", { change: kind });
      return isActivation ? "The candidate is in force." : "The candidate was stopped.";
    },
  });
}

function differences(report, { redraw }) {
  const rows = (report?.classes ?? []).flatMap((one) => (one.rules ?? []).map((rule) => ({ ...one, ...rule })));
  if (rows.length === 0) {
    return "";
  }
  return card("What the candidate would change", table({
    name: "shadow", caption: "What the candidate would change", rows, redraw, empty: "",
    key: (row) => `${row.from} ${row.certificate_type} ${row.certificate_status} ${row.rule} ${row.level}`,
    columns: [
      column("Sender", ({ from }) => from),
      { title: "Document", cell: (row) => `${text(row.certificate_type)}:${text(row.certificate_status)}` },
      { title: "Newly refused", number: true, cell: refused, sort: (row) => row.newly_refused },
      number("No longer refused", (row) => row.no_longer_refused),
      wide("Rule", ({ rule }) => rule),
      column("Level", ({ level }) => level, levelBadge),
      number("Only the candidate", (row) => row.only_candidate),
      number("Only in force", (row) => row.only_active),
    ],
  }));
}

function refused(row) {
  return `${count(row.newly_refused)} of ${count(row.judged)}`;
}

function listTable(rows, { redraw }) {
  return table({
    name: "lists", caption: "Code lists", rows, redraw, key: ({ id }) => id, empty: "The hub names no code lists.",
    columns: [
      wide("List", ({ id, name }) => name ?? id, (name) => element("strong", {}, text(name))),
      column("Id", ({ id }) => id, letters),
      column("Edition", ({ edition }) => edition),
      column("Valid from", (row) => row.valid_from, day),
      number("Rows", (row) => row.rows),
      wide("Source", ({ source }) => source),
      wide("From", ({ from = [] }) => from.map(part).join(", ")),
    ],
  });
}

/** Where a part of a list comes from. */
function part({ origin, file, adds }) {
  const name = String(file ?? "").split("/").at(-1);
  return origin === "hub" ? "built in" : `${adds ? "and " : ""}${text(name)} (${text(origin)})`;
}

function documentTable(rows, { redraw }) {
  return table({
    name: "documents", caption: "Documents", rows, redraw, key: ({ type }) => type,
    empty: "The hub names no documents.",
    columns: [
      column("Type", ({ type }) => type, text),
      wide("Name", ({ name }) => name),
      column("Judged by", ({ profile }) => profile),
      { title: "From", cell: (row) => (row.built_in ? "built in" : "the registry") },
    ],
  });
}

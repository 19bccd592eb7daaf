// What is wrong now, what was, and which rules look.

import * as api from "../api.js";
import { element } from "../elements.js";
import { age, text, time } from "../format.js";
import { badge, card, column, heading, letters, number, quiet, said, table, wide } from "../parts.js";

const LEVELS = { critical: "severe", severe: "severe", page: "severe", warning: "warning", info: "info" };

/** What became of the message about an alert. */
const SENT = {
  nobody: "to nobody", withheld: "no, too many today", waiting: "on its way", sent: "yes", failed: "no way took it",
};

export const alerts = {
  title: "Alerts",
  every: 5,
  load: () => api.get("alerts"),
  draw({ firing: now = [], recent = [], rules = [], ways = [] }, { redraw }) {
    return [
      heading("Alerts"),
      card("Firing", now.length === 0 ? quiet("No alert is firing.") : firing(now)),
      card("Recent", table({
        name: "recent", caption: "Recent alerts", rows: recent, redraw, empty: "No alert fired lately.",
        key: ({ rule, subject, at, what }) => `${rule} ${subject} ${at} ${what}`,
        columns: [
          column("When", ({ at }) => at, time),
          column("What", ({ what }) => what, (what) => badge(what === "cleared" ? "clean" : "warning", text(what))),
          column("Rule", ({ rule }) => rule),
          column("About", ({ subject }) => subject),
          wide("Said", (alert) => alert.text),
          column("Sent", ({ sent }) => sent, told),
        ],
      })),
      card("Who is told", table({
        name: "ways", caption: "Ways by which people are told", rows: ways, redraw,
        key: ({ way, host }) => `${way} ${host}`,
        empty: "Nobody is told: section [alerts] of hub.toml names no webhook and no mailbox.",
        columns: [
          column("Way", ({ way }) => way),
          column("Machine", ({ host }) => host),
          number("Sent", ({ sent }) => sent),
          number("Waiting", ({ waiting }) => waiting),
          column("Last sent", (way) => way.last_sent_at, time),
          number("Failures", ({ failures }) => failures),
          wide("Last error", (way) => way.last_error),
        ],
      })),
      card("Rules", table({
        name: "alert-rules", caption: "Rules of the alerts", rows: rules, redraw, key: ({ id }) => id,
        empty: "The hub has no rules for alerts.",
        columns: [
          column("Rule", ({ id }) => id),
          column("Level", ({ level }) => level, levelBadge),
          { ...wide("Fires when", ({ sentence }) => sentence), cell: explained },
          column("Value", ({ value }) => value),
          wide("Setting", ({ setting }) => setting, letters),
        ],
      })),
    ];
  },
};

/** Alerts that are firing. */
export function firing(list) {
  return element("ul", { class: "firing" }, ...list.map(({ rule, subject, since, level, text: words }) =>
    element("li", { class: LEVELS[level] ?? "warning", "data-key": `${rule} ${subject}` },
      levelBadge(level),
      element("span", {}, said(words), " ",
        element("span", { class: "quiet small" }, `${text(rule)}, since `, age(since))))));
}

/** What a rule looks for, what to do about it, and whether it is off. */
function explained({ sentence, hint, off }) {
  return [off ? badge("quiet", "off") : "", off ? " " : "", said(sentence),
    hint ? element("span", { class: "under" }, hint) : ""];
}

function levelBadge(level) {
  return badge(LEVELS[level] ?? "quiet", text(level));
}

function told(sent) {
  return SENT[sent] ?? text(sent);
}

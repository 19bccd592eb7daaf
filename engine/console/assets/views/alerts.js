// What is wrong now, what was, and which rules look.

import * as api from "../api.js";
import { element } from "../elements.js";
import { age, text, time } from "../format.js";
import { badge, card, column, heading, letters, quiet, said, table, wide } from "../parts.js";

const LEVELS = { critical: "severe", severe: "severe", page: "severe", warning: "warning", info: "info" };

export const alerts = {
  title: "Alerts",
  every: 5,
  load: () => api.get("alerts"),
  draw({ firing: now = [], recent = [], rules = [] }, { redraw }) {
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
      card("Rules", table({
        name: "alert-rules", caption: "Rules of the alerts", rows: rules, redraw, key: ({ id }) => id,
        empty: "The hub has no rules for alerts.",
        columns: [
          column("Rule", ({ id }) => id),
          column("Level", ({ level }) => level, levelBadge),
          wide("Fires when", ({ sentence }) => sentence),
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

function levelBadge(level) {
  return badge(LEVELS[level] ?? "quiet", text(level));
}

function told(sent) {
  if (typeof sent === "boolean") {
    return sent ? "yes" : "no";
  }
  return Array.isArray(sent) ? text(sent.join(", ")) : text(sent);
}

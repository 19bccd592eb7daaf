// Who changed what: the log, page by page, and whether it is whole.

import * as api from "../api.js";
import { element } from "../elements.js";
import { count, text, time } from "../format.js";
import { badge, button, card, column, heading, letters, said, table, wide } from "../parts.js";

/** Entries of a page. */
const PAGE = 50;

export const audit = {
  title: "Audit log",
  every: 0,
  load: ({ query }) => api.get("audit", { limit: PAGE, before: query.get("before") ?? undefined }),
  draw({ entries = [], more, verified }, context) {
    const last = entries.at(-1)?.seq;
    const isFirst = !context.place.query.get("before");
    return [
      heading("Audit log", button("Ask again", () => location.reload())),
      verified ? element("p", { class: `notice ${verified.ok ? "clean" : "severe"}` },
        element("strong", {}, verified.ok ? "The log is whole. " : "The log is damaged or was changed. "),
        verified.text ?? `${count(verified.entries)} entries, each chained to the one before.`,
        verified.head && element("span", { class: "line small" }, "Tip, to be noted elsewhere: ",
          letters(verified.head))) : "",
      card("", table({
        name: "audit", caption: "Audit log", rows: entries, key: ({ seq }) => seq, redraw: context.redraw,
        empty: "No entries: nothing was changed yet.",
        columns: [
          column("No.", ({ seq }) => seq, text),
          column("When", ({ at }) => at, time),
          { title: "Who", wide: true, sort: ({ who }) => who, cell: person },
          column("What", ({ what }) => what),
          wide("Subject", ({ subject }) => subject),
          column("Outcome", ({ outcome }) => outcome, (outcome) => badge(outcomes(outcome), text(outcome))),
          wide("Details", ({ details }) => details, (details) => said(detailed(details))),
        ],
      }),
      entries.length === 0 && isFirst ? "" : element("nav", { class: "actions", "aria-label": "Pages of the log" },
        isFirst ? "" : button("Newest", () => context.go("#/audit")),
        more && last !== undefined ?
          button("Older", () => context.go(`#/audit?before=${last}`), { id: "older" }) : "")),
    ];
  },
};

function person({ who, role }) {
  return [said(who), " ", role ? badge("quiet", role) : ""];
}

function outcomes(outcome) {
  return /^(ok|done|success|accepted)$/i.test(outcome) ? "clean" : "warning";
}

function detailed(details) {
  if (typeof details !== "object" || details === null) {
    return text(details);
  }
  const written = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : text(value));
  return Object.entries(details).map(([name, value]) => `${name}: ${written(value)}`).join(", ");
}

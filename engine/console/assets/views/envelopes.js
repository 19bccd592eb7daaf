// Where an envelope is: search by its numbers, and its track. Header only; the hub gives content to its members alone.

import * as api from "../api.js";
import { element } from "../elements.js";
import { moment, plural, span, text, time } from "../format.js";
import {
  badge, button, card, column, facts, heading, letters, link, on, quiet, said, table, wide,
} from "../parts.js";
import { redeliver } from "./failed.js";

/** The most that one search shows. */
const ROWS_MAX = 100;

/** Characters of a delivery number. */
const NUMBER_LENGTH = 26;

const STATES = ["", "pending", "delivered", "failed"];

const LEVELS = {
  pending: "info", accepted: "info", parked: "warning", delivered: "clean", "delivered with warnings": "warning",
  "delivered not readable": "warning", "delivered, not readable": "warning", acknowledged: "clean", failed: "severe",
  expired: "severe", refused: "severe", unreachable: "warning", unclear: "warning", answered: "clean",
};

export const envelopes = {
  title: "Envelopes",
  every: 0,
  async load({ query }) {
    const asked = Object.fromEntries(query);
    const isAsked = Object.keys(asked).length !== 0;
    return { asked, found: isAsked ? await api.get("envelopes", { limit: ROWS_MAX, ...asked }) : undefined };
  },
  draw({ asked, found }, context) {
    return [
      heading("Envelopes"),
      search(asked, context),
      found ? list(found, context) :
        quiet("Search by delivery number for one envelope, or by anything else for a list. Of both numbers the first "
          + "few characters are enough."),
    ];
  },
};

export const envelope = {
  title: "Envelope",
  every: 5,
  load: ({ rest: [number] }) => api.get(`envelopes/${encodeURIComponent(number)}`),
  draw(one, context) {
    return [
      heading(`Envelope ${text(one.number)}`, context.mayChange && one.parked && again(one, context)),
      element("p", {}, link("#/envelopes", "Search for another")),
      element("div", { class: "columns" }, card("Header", header(one)), card("Track", track(one))),
    ];
  },
};

function again({ number }, context) {
  const ask = () => redeliver({ numbers: [number], title: `Redeliver ${number}?` }, context);
  return button("Redeliver", ask, { id: "redeliver", class: "main" });
}

function search(asked, { go }) {
  const input = (name, attributes = {}) =>
    element("input", { name, value: asked[name] ?? "", autocomplete: "off", ...attributes });
  const submit = (event) => {
    event.preventDefault();
    const given = [...new FormData(event.currentTarget)].map(([name, value]) => [name, value.trim()]);
    const wanted = given.filter(([, value]) => value !== "");
    const { number = "" } = Object.fromEntries(given);
    // A whole delivery number is of one envelope.
    go(NUMBER_LENGTH <= number.length ? `#/envelope/${encodeURIComponent(number)}` :
      `#/envelopes?${new URLSearchParams(wanted)}`);
  };
  return on(element("form", { class: "card search", role: "search" },
    element("label", { class: "stack" }, "Delivery number", input("number", { spellcheck: "false" })),
    element("label", { class: "stack" }, "Certificate number", input("certificate")),
    element("label", { class: "stack short" }, "From", input("from", { maxlength: "10" })),
    element("label", { class: "stack short" }, "To", input("to", { maxlength: "10" })),
    element("label", { class: "stack short" }, "State", element("select", { name: "state" }, ...STATES.map((state) =>
      element("option", { value: state, selected: state === (asked.state ?? "") }, state || "any")))),
    element("button", { type: "submit", class: "main" }, "Search")), { submit });
}

function list({ envelopes: rows = [], more, matched }, { redraw }) {
  return card(plural(matched ?? rows.length, "envelope"),
    table({
      name: "envelopes", caption: "Envelopes that were found", rows, key: ({ number }) => number, redraw,
      empty: "No envelope is like that. Tracks are kept for the time that the hub's settings say.",
      columns: [
        { title: "Delivery number", wide: true, cell: named },
        wide("Certificate", (row) => row.certificate_number),
        column("From", ({ from }) => from),
        column("To", destination),
        { title: "Document", cell: ({ type, status }) => `${text(type)}:${text(status)}` },
        { title: "State", sort: ({ state }) => state, cell: stateBadge },
        column("Accepted", (row) => row.accepted_at, time),
        column("Ended", (row) => row.ended_at, time),
      ],
    }),
    more ? quiet(`There are more; these are the newest ${rows.length}. Say more of what you look for.`) : "");
}

/** A copy for a channel is an envelope of its own, and no certificate more. */
function named({ number, original }) {
  return original ? [envelopeLink(number), " ", badge("quiet", "copy")] : envelopeLink(number);
}

/** Where it goes: a copy to its channel. */
function destination({ to, receiver, original }) {
  return original ? receiver ?? to : to;
}

function stateBadge({ state, parked }) {
  const words = text(state).replaceAll("_", " ");
  return element("span", {}, badge(level(words), words), parked ? badge("warning", "parked") : "");
}

function level(word) {
  return LEVELS[String(word).toLowerCase()] ?? "quiet";
}

function envelopeLink(number) {
  return link(`#/envelope/${encodeURIComponent(text(number))}`, letters(number));
}

function header(one) {
  const member = (code) => (code ? link(`#/member/${encodeURIComponent(code)}`, code) : undefined);
  return facts([
    ["State", stateBadge(one)],
    ["Certificate", said(one.certificate_number)],
    ["Document", `type ${text(one.type)}, status ${text(one.status)}`],
    ["From", member(one.from)],
    ["To", member(one.to)],
    one.sender && one.sender !== one.from && ["Sent by", member(one.sender)],
    one.receiver && one.receiver !== one.to && ["Received by", member(one.receiver)],
    ["Accepted", time(one.accepted_at)],
    ["Ended", time(one.ended_at)],
    one.original && ["A copy of", envelopeLink(one.original)],
    one.copies?.length && ["Copies", element("span", {}, ...one.copies.map((copy) =>
      element("span", { class: "line" }, `${text(copy.code)}: `, envelopeLink(copy.number))))],
    ["Message", said(one.message)],
  ]);
}

/** Every step with its time, and how long after the one before it came. */
function track({ steps = [] }) {
  if (steps.length === 0) {
    return quiet("The hub tells no steps of this envelope.");
  }
  return element("ol", { class: "track" }, ...steps.map((step, index) => {
    const before = steps[index - 1];
    const after = before ? (Date.parse(step.at) - Date.parse(before.at)) / 1_000 : undefined;
    return element("li", { class: level(step.outcome ?? step.what), "data-key": `step ${index}` },
      element("div", { class: "what" }, element("strong", {}, text(step.what)),
        step.outcome ? badge(level(step.outcome), step.outcome) : "",
        Number.isFinite(step.duration_ms) ?
          element("span", { class: "quiet" }, `took ${span(step.duration_ms / 1_000)}`) : ""),
      element("div", { class: "when" }, element("time", { datetime: step.at, title: "UTC" }, moment(step.at)),
        element("span", { class: "quiet" }, 0 < after ? ` +${span(after)}` : "")),
      step.text ? element("p", {}, said(step.text)) : "");
  }));
}

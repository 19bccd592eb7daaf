// A certificate as the form of ISPM 12.

import { element, value } from "./elements.js";
import { country, say } from "./words.js";

const REEXPORT = "657";

/** The form of what `certificate.read` gave. */
export function form(certificate) {
  const reexport = certificate.type === REEXPORT;
  return element(
    "article",
    { class: "form" },
    element("h3", {}, say(reexport ? "form-reexport" : "form-export")),
    rows([
      ["form-number", certificate.number],
      ["form-status", certificate.status && worded("status", certificate.status)],
      ["form-from", [...certificate.issuer, ...certificate.from.map(place)]],
      ["form-to", certificate.to.map(place)],
      ["form-transit", certificate.transit.map(place)],
    ]),
    element("h4", {}, say("form-consignment")),
    rows([
      ["form-exporter", certificate.exporter],
      ["form-consignee", certificate.consignee],
      ["form-marks", certificate.marks],
      ["form-conveyance", certificate.conveyance.map(conveyance)],
      ["form-containers", certificate.containers],
      ["form-entry", certificate.entry],
    ]),
    ...certificate.lines.map((line, index) => commodity(line, index)),
    element("h4", {}, say("form-statement")),
    rows([["form-statement", certificate.statements]]),
    element("h4", {}, say("form-declaration")),
    rows([
      ["form-declaration", certificate.declarations],
      ["form-permit", certificate.permit],
      ["form-inspected", certificate.inspected],
      ["form-official", certificate.more],
      ["form-replaces", certificate.replaces],
    ]),
    element("h4", {}, say("form-issue")),
    rows([
      ["form-place", certificate.place],
      ["form-date", certificate.date],
      ["form-officer", certificate.officer],
      ["form-attachments", certificate.attachments],
    ]),
  );
}

/** A code in words where there are some. */
function worded(kind, code) {
  const known = say(`${kind}-${code}`);
  return known === `${kind}-${code}` ? code : `${known} (${code})`;
}

function conveyance({ mode, means }) {
  return [mode && worded("mode", mode), means].filter((text) => text !== "").join(", ");
}

function place({ code, name, part }) {
  return [part, code === "" ? name : country(code)].filter((text) => text !== "").join(", ");
}

function commodity(line, index) {
  const title = say("form-line", { number: line.number || String(index + 1) });
  return element(
    "section",
    { class: "commodity" },
    element("h4", {}, title),
    rows([
      ["form-description", line.description],
      ["form-common", line.common],
      ["form-botanical", line.botanical, "botanical"],
      ["form-quantity", line.quantity.map(({ name, text }) => (name === "OQV" ? text : `${text} (${say(`measure-${name}`)})`))],
      ["form-packages", line.packages],
      ["form-marks", line.marks],
      ["form-origin", line.origin.map(place)],
      ["form-class", line.classes],
      ["form-tariff", line.tariff],
      ["form-use", line.use],
      ["form-original-country", line.original.countries.map(country)],
      ["form-original-number", line.original.numbers],
      ["form-flags", line.flags.map((flag) => say(`flag-${flag}`))],
      ["form-declaration", line.declarations],
      ["form-permit", line.permit],
      ["form-inspected", line.inspected],
      ["form-official", line.more],
    ]),
    ...line.treatments.map(treatment),
  );
}

function treatment(facts) {
  return element(
    "section",
    { class: "treatment" },
    element("h5", {}, say("form-treatment")),
    rows(
      ["date", "treatment", "chemical", "duration", "temperature", "concentration", "treatment-more", "treatment-full"].map(
        (key) => [`treated-${key}`, facts[key]],
      ),
    ),
  );
}

/** Name and values of what is there; what is not is left out. */
function rows(all) {
  const made = [];
  for (const [key, given, style] of all) {
    const values = [given ?? []].flat().filter((text) => text !== "");
    if (values.length !== 0) {
      const shown = values.map((text) => element("dd", { class: style }, value(text, "auto")));
      made.push(element("div", {}, element("dt", {}, say(key)), ...shown));
    }
  }
  return element("dl", {}, ...made);
}

// A report as people read it: on the page, and as text to be saved.

import { element, value } from "./elements.js";
import { language, number, say } from "./words.js";

/** What the verdict means for the one who wants to send the certificate, and how it is coloured. */
export function verdict(report) {
  if (report.verdict === "not-determined") {
    return { class: "severe", short: say("verdict-not-determined"), long: say("verdict-not-determined-long") };
  }
  if (0 < report.severe) {
    return { class: "severe", short: say("verdict-refused"), long: say("verdict-refused-long") };
  }
  if (0 < report.warnings + report.infos) {
    return { class: "warning", short: say("verdict-findings"), long: say("verdict-findings-long") };
  }
  return { class: "clean", short: say("verdict-clean"), long: say("verdict-clean-long") };
}

/** The counts in words. */
export function counts(report) {
  const { severe, warnings, infos } = report;
  return say("counts", { severe: number(severe), warnings: number(warnings), advice: number(infos) });
}

/** Fills a list with the findings; `chosen(index)` is called with the one that a person chooses. */
export function list(target, report, chosen) {
  const items = report.findings.map((finding, index) => item(finding, index, chosen));
  if (items.length === 0) {
    items.push(element("li", { class: "nothing" }, say("nothing-found")));
  }
  if (0 < report.more) {
    items.push(element("li", { class: "more" }, say("more", { count: number(report.more) })));
  }
  target.replaceChildren(...items);
}

function item(finding, index, chosen) {
  const place = element(
    "button",
    { type: "button", class: "place", "data-finding": index },
    say("place", { line: number(finding.line), column: number(finding.column) }),
  );
  place.addEventListener("click", () => chosen(index));
  const made = element(
    "li",
    { class: finding.level.toLowerCase() },
    element("p", { class: "head" }, element("span", { class: "level" }, level(finding)), " ", place),
    element("p", { class: "sentence" }, finding.sentence),
    element("p", { class: "hint" }, finding.hint),
    facts(finding),
  );
  made.addEventListener("click", (event) => event.target.closest("a, button, summary") || chosen(index));
  return made;
}

function level(finding) {
  return say(`level-${finding.level}`);
}

/** What a finding knows, name by name, what it does not know left out. */
function known(finding) {
  return [
    ["path", finding.path],
    ["found", finding.found],
    ["expected", finding.expected],
    ["nearest", finding.nearest.join(", ")],
    ["list", finding.list && `${finding.list.name}, ${finding.list.edition}`],
    ["area", finding.area],
    ["rule", finding.rule],
    ["based-on", finding.source],
  ].filter(([, text]) => text);
}

function facts(finding) {
  const [first, ...rest] = known(finding);
  const pair = ([key, text]) => element("div", {}, element("dt", {}, say(key)), element("dd", {}, shown(key, text)));
  return element(
    "details",
    {},
    element("summary", {}, value(first[1], "ltr")),
    element("dl", {}, ...(first[0] === "path" ? rest : [first, ...rest]).map(pair)),
  );
}

/** A rule with the place where it is explained, everything else as it is. */
function shown(key, text) {
  const known = value(text, "ltr");
  return key === "rule" ? element("a", { href: `rules/${language()}.html#${text}`, target: "_blank" }, known) : known;
}

/** The editions by which a certificate was judged. */
export function editions(report) {
  const lists = report.lists.map(({ name, edition }) => `${name} ${edition}`).join(", ");
  return say("editions", { profile: report.profile, rules: report.rules, lists });
}

/** A report as plain text. */
export function text(name, report) {
  const { short, long } = verdict(report);
  const lines = [`${name}: ${short}. ${long}`, counts(report), ""];
  for (const finding of report.findings) {
    const place = say("place", { line: number(finding.line), column: number(finding.column) });
    lines.push(`${level(finding)}, ${place}: ${finding.sentence}`, `  ${finding.hint}`);
    lines.push(...known(finding).map(([key, text]) => `  ${say(key)}: ${text}`), "");
  }
  if (0 < report.more) {
    lines.push(say("more", { count: number(report.more) }), "");
  }
  return `${lines.join("\n")}${editions(report)}\n`;
}

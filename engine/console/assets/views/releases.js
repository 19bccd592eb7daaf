// New editions of code lists, rule sets and validators, from their announcement to their end, and who would be met.

import * as api from "../api.js";
import { confirm, line, lines, upload } from "../dialog.js";
import { element } from "../elements.js";
import { age, count, plural, text, time } from "../format.js";
import {
  badge, button, card, column, facts, heading, letters, link, number, problem, quiet, said, table, wide,
} from "../parts.js";
import { levelBadge } from "./member.js";

const STATES = { announced: "info", shadow: "warning", active: "clean", retired: "quiet" };

/** What a release is an edition of. */
const KINDS = { list: "code list", profile: "rule set", validator: "validator" };

/** Codes that are named before the rest is counted. */
const CODES_SHOWN = 12;

export const releases = {
  title: "Releases",
  every: 5,
  load: () => api.get("releases"),
  draw({ releases: list = [] }, context) {
    return [
      heading("Releases", context.mayChange &&
        button("Announce a release", () => announce(context), { id: "announce", class: "main" })),
      quiet("A release is announced to members first (", element("a", { href: "changes.json" }, "their feed"),
        "), judges in shadow without any effect, becomes active at its date or by hand, and is retired in the end."),
      list.length === 0 ? card("", quiet("No release was announced yet.")) : "",
      ...[...list].sort((one, other) => other.id - one.id).map((release) => entry(release, context)),
    ];
  },
};

function entry(release, context) {
  const { id, name, state, shadow: glance } = release;
  return card(`${text(id)}. ${text(release.title || name)}`,
    problem(release.problem),
    facts([
      ["State", badge(STATES[state] ?? "quiet", text(state))],
      ["What", what(release)],
      release.text && ["Members are told", said(release.text)],
      ["Active from", release.active_from ? time(release.active_from) : "by hand"],
      release.activated_at && ["Became active", time(release.activated_at)],
      release.retired_at && ["Retired", time(release.retired_at)],
      ...changed(release.changes),
    ]),
    glance && seen(release, context),
    element("details", {}, element("summary", {}, "Its life"), life(release)),
    context.mayChange && actions(release, context));
}

function what({ kind, name, edition, adds }) {
  return `${adds ? "additions to the " : ""}${KINDS[kind] ?? text(kind)} ${text(name)}, edition ${text(edition)}`;
}

/** What it changes against what was in force when it was announced. */
function changed({ added = [], removed = [], levels = [] } = {}) {
  const named = (codes) => codes.slice(0, CODES_SHOWN).join(", ")
    + (CODES_SHOWN < codes.length ? ` and ${count(codes.length - CODES_SHOWN)} more` : "");
  return [
    added.length !== 0 && ["Codes added", named(added)],
    removed.length !== 0 && ["Codes removed", named(removed)],
    levels.length !== 0 && ["Rules that count otherwise",
      levels.map(({ rule, from, to }) => `${text(rule)}: ${text(from)} → ${text(to)}`).join("\n")],
  ];
}

function seen({ id, shadow: glance }, { redraw }) {
  const { judged, newly_refused: refused, no_longer_refused: taken, left_out: left, senders = [], rows = [] } = glance;
  return element("div", {},
    element("p", {}, element("strong", {}, `${count(refused)} of ${plural(judged, "delivery", "deliveries")}`),
      " since ", age(glance.since),
      ` would be newly refused, ${count(taken)} no longer; ${count(left)} were left out.`),
    senders.length === 0 ? "" : element("p", {}, "Who would be met: ",
      ...senders.flatMap((sender, index) => (index === 0 ? [met(sender)] : [", ", met(sender)]))),
    rows.length === 0 ? "" : table({
      name: `release ${id}`, caption: "What would be refused or noted", rows, redraw, empty: "",
      key: (row) => `${row.from} ${row.rule} ${row.level} ${row.certificate_type} ${row.certificate_status}`,
      columns: [
        column("Sender", ({ from }) => from),
        wide("Rule", ({ rule }) => rule),
        column("Level", ({ level }) => level, levelBadge),
        { title: "Document", cell: (row) => `${text(row.certificate_type)}:${text(row.certificate_status)}` },
        number("Deliveries", (row) => row.count),
        number("Enforced", (row) => row.enforced),
        column("Last seen", (row) => row.last_at, age),
        wide("For example", (row) => row.example),
      ],
    }),
    glance.more_rows ? quiet("There are more rows; the report of `phytohub change` has them all.") : "");
}

function met({ code, newly_refused: times }) {
  const name = link(`#/member/${encodeURIComponent(code)}`, text(code));
  return element("span", {}, name, ` ${count(times)}`);
}

function life({ file, sha256, history = [] }) {
  return element("div", {},
    element("ul", { class: "life" }, ...history.map(({ at, who, what }) =>
      element("li", {}, time(at), " ", said(what), " ", element("span", { class: "quiet" }, "by ", said(who))))),
    element("p", { class: "quiet small" }, "File ", letters(file), ", SHA-256 ", letters(sha256, "break")));
}

/** What can be done with a release in its state. */
function actions(release, { refresh }) {
  const { state } = release;
  const offered = [
    ["announced", "retired"].includes(state) && button("Try it in shadow", () => shadow(release, refresh)),
    state === "shadow" && button("End the shadow", () => endShadow(release, refresh)),
    state !== "active" && button("Activate …", () => activate(release, refresh)),
    state !== "retired" && button("Retire", () => retire(release, refresh)),
  ];
  return element("div", { class: "actions" }, ...offered.filter(Boolean));
}

const named = ({ id, title, name }) => `release ${id} (${title || name})`;

function ask(release, change, { refresh, said: sentence, ...dialogue }) {
  confirm({
    ...dialogue,
    done: refresh,
    perform: async (values) => {
      await api.post("releases", { change, id: release.id, ...dialogue.given?.(values) });
      return sentence;
    },
  });
}

function shadow(release, refresh) {
  ask(release, "shadow", {
    refresh,
    title: `Try ${named(release)} in shadow?`,
    does: ["It judges every delivery beside what is in force, without any effect; what it would refuse is shown here.",
      "It takes the place of a release that is in shadow now."],
    action: "Try it in shadow",
    said: `Release ${release.id} judges in shadow.`,
  });
}

function endShadow(release, refresh) {
  ask(release, "end_shadow", {
    refresh,
    title: `End the shadow of ${named(release)}?`,
    does: ["It judges nothing any more and stands where it stood before. What was seen stays."],
    action: "End the shadow",
    said: `Release ${release.id} is not in shadow any more.`,
  });
}

function activate(release, refresh) {
  const refused = release.shadow?.newly_refused;
  ask(release, "activate", {
    refresh,
    title: `Activate ${named(release)}?`,
    does: ["What it is an edition of is replaced by it; members' deliveries are judged by it from then on.",
      refused === undefined ? "It was not tried in shadow: nobody knows who would be met." :
        `In shadow it would have refused ${plural(refused, "delivery", "deliveries")} that are taken now.`],
    fields: [line("at", "When, in UTC", { type: "datetime-local", help: "Nothing for now." })],
    given: ({ at }) => (at ? { at: utc(at) } : {}),
    action: "Activate it",
    isGrave: true,
    said: `Release ${release.id} is active, or will be at its time.`,
  });
}

function retire(release, refresh) {
  ask(release, "retire", {
    refresh,
    title: `Retire ${named(release)}?`,
    does: [release.state === "active" ?
      "It is not in force any more from the next delivery on; what the settings say is." :
      "It does not become active. Members see in their feed that it was taken back."],
    action: "Retire it",
    isGrave: true,
    said: `Release ${release.id} is retired.`,
  });
}

function announce({ refresh }) {
  confirm({
    title: "Announce a release",
    does: ["Members see it in their feed at once. It judges nothing until it is tried in shadow or becomes active."],
    fields: [
      upload("file", "File", { help: "A code list (CSV), a rule set (overlay) or a validator (WebAssembly module)." }),
      line("title", "A line for members", { help: "Nothing for one that is made of what it is." }),
      lines("text", "More for members", { rows: "3" }),
      line("edition", "Edition", { help: "Of a list, nothing: it says its own." }),
      line("active_from", "Becomes active by itself, in UTC", { type: "datetime-local", help: "Nothing for by hand." }),
    ],
    action: "Announce it",
    done: refresh,
    perform: async ({ file, active_from: from, ...words }) => {
      const date = from ? { active_from: utc(from) } : {};
      const made = await api.post("releases", { change: "announce", ...file, ...words, ...date });
      return `Release ${text(made?.id)} is announced.`;
    },
  });
}

/** What a field of date and time gives, as a moment in UTC. */
function utc(given) {
  return new Date(`${given}Z`).toISOString().replace(".000", "");
}

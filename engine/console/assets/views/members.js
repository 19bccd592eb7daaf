// All members at a glance, those with trouble first to be found.

import * as api from "../api.js";
import { confirm, line } from "../dialog.js";
import { element } from "../elements.js";
import { age, count, country, percent, rough, text } from "../format.js";
import { badge, button, card, heading, link, on, table } from "../parts.js";

/** Fewer days than this left, and a certificate is a matter for today. */
const DAYS_SHORT = 30;

/** How bad the states of a breaker are. */
const BREAKERS = { open: "severe", "half-open": "warning" };

/** What is looked for, for as long as the page is open. */
const wanted = { words: "", trouble: false };

export const members = {
  title: "Members",
  every: 5,
  load: () => api.get("members"),
  draw(list, context) {
    const words = wanted.words.toLowerCase();
    const isNamed = ({ code, name }) => `${code} ${name} ${country(code)}`.toLowerCase().includes(words);
    const rows = list.filter((member) => isNamed(member) && (!wanted.trouble || trouble(member).length !== 0));
    return [
      heading("Members", context.mayChange && button("Add a member", () => add(context), { id: "add-member" })),
      filters(list, context),
      card("", table({
        name: "members", caption: "Members", rows, key: ({ code }) => code, redraw: context.redraw, columns: COLUMNS,
        empty: list.length === 0 ? "The registry has no members yet." : "No member is like that.",
      })),
    ];
  },
};

const COLUMNS = [
  { title: "Member", cell: who, sort: ({ code }) => code },
  { title: "State", cell: condition, sort: ({ active, delivery: given }) => `${active ? 0 : 1} ${mode(given)}` },
  { title: "Queued", number: true, cell: queued, sort: ({ pending }) => pending },
  {
    title: "Oldest", number: true, sort: (member) => member.oldest_age_seconds,
    cell: (member) => rough(member.oldest_age_seconds),
  },
  { title: "Dwell", number: true, sort: (member) => member.dwell_p99_seconds, cell: dwell },
  { title: "Certificate", sort: certificateDays, cell: certificates },
  {
    title: "Clean", number: true, sort: ({ quality }) => clean(quality),
    cell: ({ quality }) => percent(clean(quality)),
  },
  { title: "Last success, last error", wide: true, cell: lasts, sort: (member) => member.last_error?.at ?? "" },
];

function who(member) {
  const name = member.name || country(member.code);
  return [
    link(`#/member/${encodeURIComponent(member.code)}`, element("strong", {}, member.code)),
    ...(member.kind === "channel" ? [" ", badge("quiet", "channel")] : []),
    under(name, "name"),
  ];
}

/** Whether it is served and how, and whether that works. */
function condition(member) {
  const stage = member.active ? "" : member.onboarding?.state;
  const isOff = member.breaker && member.breaker !== "closed";
  const words = [text(mode(member.delivery)), isOff && `breaker ${member.breaker}`, stage].filter(Boolean).join(", ");
  return [state(member), under(words, isOff ? BREAKERS[member.breaker] : "stage")];
}

/** How much waits for it; what waits for an operator is said apart. */
function queued({ pending, parked }) {
  return parked ? [count(pending), under(`${count(parked)} parked`, "warning")] : count(pending);
}

export function state({ active }) {
  return active ? badge("clean", "active") : badge("quiet", "inactive");
}

/** A badge where calls to its service do not go through. */
export function breaker({ breaker: given }) {
  return given && given !== "closed" ? badge(BREAKERS[given] ?? "quiet", `breaker ${given}`) : "";
}

/** How long its envelopes waited: the usual, and what one in a hundred exceeds. */
function dwell({ dwell_p50_seconds: median, dwell_p99_seconds: high }) {
  return median === undefined || median === null ? "" : [rough(median), under(`p99 ${rough(high)}`)];
}

/** When something was handed out, and below it what last went wrong. */
function lasts({ last_success_at: success, last_error: error }) {
  return [age(success), error ? element("bdi", { class: "under" }, age(error.at), ": ",
    text(error.text)) : ""];
}

function certificates(member) {
  const days = certificateDays(member);
  const all = member.certificates?.length ?? 0;
  if (all === 0) {
    return badge(member.active ? "warning" : "quiet", "none");
  }
  const left = days === undefined ? count(all) : daysBadge(days);
  return all < 2 ? left : [left, " ", element("span", { class: "quiet small" }, `of ${all}`)];
}

/** A second line of a cell; what is too long for it is shown to whoever points at it. */
function under(words, kind) {
  return element("bdi", { class: `under ${kind ?? ""}`, title: words }, words);
}

/** What of a member an operator should look at, in words. */
export function trouble(member) {
  const days = certificateDays(member);
  return [
    member.parked ? `${count(member.parked)} parked` : "",
    member.breaker === "open" ? "breaker open" : "",
    member.active && days === undefined ? "no certificate" : "",
    days < 0 ? "certificate expired" : days < DAYS_SHORT ? "certificate expires soon" : "",
  ].filter(Boolean);
}

/** The share of what was judged that was clean. */
export function clean(quality) {
  return quality?.judged ? quality.clean / quality.judged : undefined;
}

/** `pull` or `push`; a hub may say it as a word alone. */
export function mode(given) {
  return typeof given === "string" ? given : given?.mode;
}

/** Days until a member stands without a certificate; undefined where it has none. */
function certificateDays({ certificates: list = [] }) {
  const days = list.map((certificate) => certificate.days_left).filter(Number.isFinite);
  return days.length === 0 ? undefined : Math.max(...days);
}

export function daysBadge(days) {
  const level = days < 0 ? "severe" : days < DAYS_SHORT ? "warning" : "clean";
  return badge(level, days < 0 ? "expired" : `${count(days)} d`);
}

function filters(list, { redraw }) {
  const number = list.filter((member) => trouble(member).length !== 0).length;
  const search = on(element("input", { type: "search", id: "filter", value: wanted.words, autocomplete: "off" }), {
    input: (event) => { wanted.words = event.currentTarget.value; redraw(); },
  });
  const only = on(element("input", { type: "checkbox", id: "trouble", checked: wanted.trouble }), {
    change: (event) => { wanted.trouble = event.currentTarget.checked; redraw(); },
  });
  return element("form", { class: "filters", role: "search" },
    element("label", { class: "field" }, "Code or name ", search),
    element("label", { class: "field" }, only, ` only those that need a look (${count(number)})`));
}

function add(context) {
  confirm({
    title: "Add a member",
    does: ["Where this hub asks for a proof from its sandbox, it is active only once that was shown or a reason given.",
      "Once it is active and has a certificate, it can send and receive."],
    fields: [
      line("code", "Connection code", {
        required: true, maxlength: "10", help: "A country code, such as NZ, or one with more letters.",
      }),
      line("name", "Name"),
      line("allow", "Documents it receives", {
        help: "TYPE:STATUS pairs such as 851:70, with spaces between; nothing for all.",
      }),
      line("reason", "Why it is let in without a proof", { help: "Nothing where it will be shown. It is audited." }),
    ],
    action: "Add it",
    perform: async ({ code, name, allow, reason }) => {
      await api.post("changes", { change: "add", code, name, allow: pairs(allow), ...overridden(reason) });
      context.go(`#/member/${encodeURIComponent(code)}`);
      return `${code} is a member.`;
    },
  });
}

/** The part of a change that says why no proof is asked. */
export function overridden(reason) {
  return reason ? { override: reason } : {};
}

/** The pairs in a line. */
export function pairs(given) {
  return given.split(/[\s,]+/).filter(Boolean);
}

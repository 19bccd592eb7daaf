// The console: who looks, which view is shown, and how it stays fresh while somebody looks.

import * as api from "./api.js";
import { byId, element } from "./elements.js";
import { ago, moment } from "./format.js";
import { login } from "./login.js";
import { fill } from "./morph.js";
import { badge, button, heading, link, problem, quiet, said } from "./parts.js";
import { alerts } from "./views/alerts.js";
import { audit } from "./views/audit.js";
import { envelope, envelopes } from "./views/envelopes.js";
import { failed } from "./views/failed.js";
import { maintenance } from "./views/maintenance.js";
import { member } from "./views/member.js";
import { members } from "./views/members.js";
import { overview } from "./views/overview.js";
import { releases } from "./views/releases.js";
import { reports } from "./views/reports.js";
import { rules } from "./views/rules.js";

/**
 * The views by the first part of their address. A view is `{ title, load(place), draw(data, context), every }`: what it
 * asks of the hub, how that looks, and after how many seconds it asks again (0 = only when asked to).
 */
const VIEWS = new Map(Object.entries({
  "": overview, members, member, envelopes, envelope, failed, rules, releases, alerts, audit, maintenance, reports,
}));

/** What the navigation shows: address, words, and what is counted beside them. */
const NAVIGATION = [
  ["", "Overview"],
  ["members", "Members"],
  ["envelopes", "Envelopes"],
  ["failed", "Failed and parked", (all) => all.totals?.parked],
  ["rules", "Validator and lists"],
  ["releases", "Releases"],
  ["alerts", "Alerts", (all) => all.alerts_firing],
  ["reports", "Reports"],
  ["audit", "Audit log"],
  ["maintenance", "Maintenance"],
];

/** Views that belong to an entry of the navigation other than their own. */
const PARENT = { member: "members", envelope: "envelopes" };

/** The state of the whole hub is asked for at least so often, in seconds. */
const STATE_SECONDS = 15;

/** Waits between attempts to reach a hub that does not answer, in seconds; the last one stays. */
const RETRY_SECONDS = [1, 2, 4, 8];

/** What is known: who is logged in, the hub's state, the view and its data. */
const known = { me: undefined, state: undefined, stateAt: 0, data: undefined, problem: undefined };

let [timer, turn, lostAt, attempts] = [undefined, 0, undefined, 0];
let place = read();

function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [first, ...rest] = path.split("/").map(decode);
  const name = VIEWS.has(first) ? first : "";
  return { view: VIEWS.get(name), name, rest, query: new URLSearchParams(query) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What views get besides their data. */
function context() {
  return {
    place,
    state: known.state ?? {},
    me: known.me,
    mayChange: known.me?.role === "operator",
    redraw: draw,
    // Asked for after a change: the hub's own state may be another, too.
    refresh: () => {
      known.stateAt = 0;
      return refresh();
    },
    go: (to) => { location.hash = to; },
  };
}

/** Asks the hub for what is shown, shows it, and does so again while somebody looks. */
async function refresh() {
  clearTimeout(timer);
  if (document.hidden || !known.me) {
    return;
  }
  const mine = ++turn;
  let wait = place.view.every;
  try {
    await Promise.all([loadState(), loadView(mine)]);
    [lostAt, attempts] = [undefined, 0];
  } catch (error) {
    if (mine !== turn) {
      return;
    }
    if (error instanceof api.Refused && error.status === 401) {
      logOut(error.message);
      return;
    }
    if (!(error instanceof api.Unreachable)) {
      known.problem = error.message;
    } else {
      lostAt ??= api.now();
      wait = RETRY_SECONDS[Math.min(attempts++, RETRY_SECONDS.length - 1)];
    }
  }
  if (mine === turn) {
    draw();
    timer = setTimeout(refresh, (wait || STATE_SECONDS) * 1_000);
  }
}

async function loadState() {
  const isDue = place.view === overview || known.stateAt + STATE_SECONDS * 1_000 <= Date.now() || lostAt !== undefined;
  if (isDue) {
    const { state } = await api.each({ state: api.get("overview") });
    known.state = state.value ?? known.state;
    known.stateProblem = state.problem;
    known.stateAt = Date.now();
  }
}

async function loadView(mine) {
  const { view } = place;
  if (!view.every && known.data !== undefined) {
    return;
  }
  try {
    const data = (await view.load?.(place)) ?? {};
    if (mine === turn) {
      [known.data, known.problem] = [data, undefined];
    }
  } catch (error) {
    if (!(error instanceof api.Refused) || error.status === 401) {
      throw error;
    }
    if (mine === turn) {
      known.problem = error.message;
    }
  }
}

function draw() {
  if (!known.me) {
    return;
  }
  drawTop();
  drawNotices();
  drawNavigation();
  const { view } = place;
  const waiting = () => [heading(view.title), known.problem ? "" : quiet("Loading …")];
  const parts = known.data ? view.draw(known.data, context()) : waiting();
  const trouble = known.problem ?? (view === overview ? known.stateProblem : undefined);
  fill(byId("view"), parts[0], problem(trouble), ...parts.slice(1));
}

function drawTop() {
  const state = known.state ?? {};
  const health = lostAt ? badge("severe", "no connection") :
    state.ready === undefined ? "" : state.ready ? badge("clean", "ready") : badge("severe", "not ready");
  fill(byId("health"), health, state.mode === "sandbox" ? badge("info", "sandbox") : "",
    state.version ? element("span", { class: "quiet" }, `version ${state.version}`) : "");
  fill(byId("who"), element("span", {}, known.me.name, " ", badge("quiet", known.me.role)),
    button("Log out", () => logOut(), { id: "logout" }));
}

function drawNotices() {
  const { maintenance: off } = known.state ?? {};
  fill(byId("notices"),
    lostAt === undefined ? "" : element("p", { class: "notice severe", "data-key": "lost" },
      `No connection to the hub since ${moment(new Date(lostAt)).slice(11)} UTC. What is shown is from before; `
      + "the console tries again by itself."),
    off ? element("p", { class: "notice warning", "data-key": "maintenance" },
      element("strong", {}, "Maintenance mode is on"), " (by ", said(off.by),
      `, ${ago(off.since)}): members get 503 and “`, said(off.text), "”. ", link("#/maintenance", "Change")) : "");
}

function drawNavigation() {
  byId("nav").hidden = false;
  const current = PARENT[place.name] ?? place.name;
  fill(byId("nav"), element("ul", {}, ...NAVIGATION.map(([name, words, counted]) => {
    const number = counted?.(known.state ?? {});
    return element("li", {}, element("a", { href: `#/${name}`, "aria-current": name === current && "page" },
      words, number ? element("span", { class: "bubble" }, number) : ""));
  })));
}

/** Another view: its name is what a screen reader says first. */
function go() {
  place = read();
  [known.data, known.problem] = [undefined, undefined];
  if (!known.me) {
    return;
  }
  document.title = `${place.view.title} · phytohub`;
  byId("view").replaceChildren();
  draw();
  scrollTo(0, 0);
  byId("view").querySelector("h1")?.focus({ preventScroll: true });
  // On a phone the navigation is a strip that may be wider than the screen.
  byId("nav").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  refresh();
}

function logOut(sentence) {
  api.forget();
  clearTimeout(timer);
  turn += 1;
  Object.assign(known, { me: undefined, state: undefined, stateAt: 0, data: undefined, problem: undefined });
  for (const id of ["health", "who", "notices", "nav"]) {
    byId(id).replaceChildren();
  }
  byId("nav").hidden = true;
  document.title = "Log in · phytohub";
  login(byId("view"), sentence, (me) => {
    known.me = me;
    go();
  });
}

async function start() {
  if (!api.token()) {
    logOut();
    return;
  }
  try {
    known.me = await api.get("me");
    go();
  } catch (error) {
    if (error instanceof api.Unreachable) {
      fill(byId("view"), problem("The hub does not answer. The console tries again by itself."));
      setTimeout(start, RETRY_SECONDS[1] * 1_000);
    } else {
      logOut(error.message);
    }
  }
}

addEventListener("hashchange", go);
document.addEventListener("visibilitychange", refresh);
document.querySelector(".skip").onclick = (event) => {
  event.preventDefault();
  byId("view").focus();
};
start();

// The page: files come in, their verdicts are listed, one of them is looked at.

import { read as readCertificate } from "./certificate.js";
import { byId, element, value } from "./elements.js";
import { dropped, FILE_BYTES_MAX, FILES_MAX, part, save } from "./files.js";
import { form } from "./form.js";
import { counts, editions, list, text as reportText, verdict } from "./report.js";
import { Source } from "./source.js";
import * as validator from "./validator.js";
import { country, label, language, LANGUAGES, number, preferred, say, speak } from "./words.js";

const PROFILES = ["ippc", "lenient", "strict"];
const TABS = ["findings", "certificate", "envelope"];

/** What was judged: name, file, summary of the report, and the envelope's header where one was given. */
let entries = [];
/** The entry that is looked at. */
let chosen;
/** What is on the page of the chosen one. */
let shown;
/** Languages whose messages the validator has; English is compiled in. */
const spoken = new Set(["en"]);
/** Parts that a person loaded. */
const parts = [];
/** Goes up with each order that makes earlier ones vain. */
let turn = 0;

const source = new Source(byId("source"), chooseFinding);

function options(entry) {
  return { language: language(), profile: byId("profile").value, header: entry?.header };
}

async function bytesOf(entry) {
  return new Uint8Array(await entry.file.arrayBuffer());
}

function report(problem) {
  byId("problems").append(element("li", {}, problem));
}

function tell(key, values) {
  byId("status").textContent = key ? say(key, values) : "";
}

/** Takes files in: parts are loaded, everything else is judged. */
async function take(given) {
  const mine = entries;
  byId("problems").replaceChildren();
  if (FILES_MAX < entries.length + given.length) {
    report(say("too-many", { limit: number(FILES_MAX) }));
    return;
  }
  let first;
  for (const [index, { name, file }] of given.entries()) {
    tell("judging", { done: number(index + 1), all: number(given.length) });
    const entry = { name, file };
    const isPart = await judge(entry);
    if (mine !== entries) {
      // All were removed meanwhile.
      return;
    }
    if (!isPart) {
      entries.push(entry);
      first ??= entry;
    }
  }
  tell("judged", { count: number(entries.length) });
  summarise();
  if (first) {
    await choose(first);
  }
}

/** What is known of a file that could not be judged: it must never look clean. */
const UNKNOWN = {
  verdict: "not-determined",
  severe: 0,
  warnings: 0,
  infos: 0,
  certificate: { number: "", type: "", status: "", from: "", to: "" },
};

/** Judges one file, and tells where that was not possible; true where it was a part of the validator. */
async function judge(entry) {
  entry.summary = UNKNOWN;
  try {
    if (FILE_BYTES_MAX < entry.file.size) {
      throw new Error(say("too-long", { limit: number(FILE_BYTES_MAX / 1024 / 1024) }));
    }
    const bytes = await bytesOf(entry);
    const text = part(bytes);
    if (text !== undefined) {
      await takePart(entry.name, text);
      return true;
    }
    const { findings, lists, ...summary } = await validator.judge(bytes, options(entry));
    entry.summary = summary;
  } catch (error) {
    report(`${entry.name}: ${error.message}`);
  }
  return false;
}

async function takePart(name, text) {
  await validator.load(text);
  parts.push(name);
  const profile = /^# profile: (\S+)/.exec(text)?.[1];
  const select = byId("profile");
  if (profile && ![...select.options].some((option) => option.value === profile)) {
    select.append(element("option", { value: profile }, profile));
    select.value = profile;
  }
  await rejudge();
}

/** Judges all that is there again, by what is in force now. */
async function rejudge() {
  const mine = ++turn;
  byId("problems").replaceChildren();
  for (const [index, entry] of entries.entries()) {
    tell("judging", { done: number(index + 1), all: number(entries.length) });
    await judge(entry);
    if (mine !== turn) {
      return;
    }
  }
  tell(entries.length === 0 ? undefined : "judged", { count: number(entries.length) });
  summarise();
  if (chosen) {
    await look();
  }
}

function summarise() {
  byId("summary").hidden = entries.length === 0;
  byId("parts").textContent = parts.length === 0 ? "" : say("in-force", { names: parts.join(", ") });
  const states = entries.map((entry) => verdict(entry.summary));
  const of = (kind) => number(states.filter((state) => state.class === kind).length);
  byId("totals").textContent = say("totals", { clean: of("clean"), findings: of("warning"), refused: of("severe") });
  byId("rows").replaceChildren(...entries.map((entry, index) => summaryRow(entry, states[index])));
}

function summaryRow(entry, state) {
  const { severe, warnings, infos, certificate } = entry.summary;
  const open = element("button", { type: "button", class: "link" }, value(entry.name));
  open.addEventListener("click", () => choose(entry, true));
  const route = [certificate.from, certificate.to].map((code) => code || "?").join(" → ");
  const row = element(
    "tr",
    { "aria-current": entry === chosen ? "true" : undefined },
    element("th", { scope: "row" }, open),
    element("td", {}, element("span", { class: `badge ${state.class}` }, state.short)),
    ...[severe, warnings, infos].map((count) => element("td", { class: "number" }, number(count))),
    element("td", {}, value(certificate.number)),
    element("td", {}, certificate.from || certificate.to ? value(route, "ltr") : ""),
  );
  return row;
}

async function choose(entry, focus = false) {
  chosen = entry;
  for (const [index, row] of [...byId("rows").children].entries()) {
    row.toggleAttribute("aria-current", entries[index] === chosen);
  }
  fillEnvelope(entry);
  await look();
  if (focus) {
    byId("detail-title").focus();
    byId("detail").scrollIntoView({ block: "start" });
  }
}

/** Shows the chosen one in full. */
async function look() {
  const entry = chosen;
  try {
    const read = await validator.read(await bytesOf(entry), options(entry));
    if (entry !== chosen) {
      return;
    }
    shown = read;
  } catch {
    // Its judgement has told why; what is shown must not be of another file, or of before.
    byId("detail").hidden = true;
    return;
  }
  const state = verdict(shown.report);
  byId("detail").hidden = false;
  byId("detail-title").replaceChildren(value(entry.name));
  byId("verdict").className = `verdict ${state.class}`;
  byId("verdict").replaceChildren(element("strong", {}, state.short), ` ${state.long} ${counts(shown.report)}`);
  byId("editions").textContent = editions(shown.report);
  list(byId("findings"), shown.report, chooseFinding);
  source.show(shown.text, shown.report.findings);
  byId("panel-certificate").replaceChildren(certificateForm());
}

function certificateForm() {
  const broken = shown.report.findings.some(({ rule }) => rule.startsWith("xml-"));
  const certificate = broken ? undefined : readCertificate(shown.text, language());
  return certificate ? form(certificate) : element("p", {}, say("form-none"));
}

function chooseFinding(index) {
  for (const item of byId("findings").children) {
    item.classList.toggle("chosen", item.querySelector(`[data-finding="${index}"]`) !== null);
  }
  byId("findings").children[index]?.scrollIntoView({ block: "nearest" });
  source.choose(index);
}

function chooseTab(name, focus = false) {
  for (const tab of TABS) {
    const is = tab === name;
    byId(`tab-${tab}`).setAttribute("aria-selected", String(is));
    byId(`tab-${tab}`).tabIndex = is ? 0 : -1;
    byId(`panel-${tab}`).hidden = !is;
  }
  if (focus) {
    byId(`tab-${name}`).focus();
  }
}

/** The arrow keys go from tab to tab, as screen readers tell people that they do. */
function tabKey(event) {
  const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const back = document.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
  const at = TABS.findIndex((tab) => byId(`tab-${tab}`) === event.target);
  const to = { [forward]: at + 1, [back]: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    chooseTab(TABS.at(to % TABS.length), true);
  }
}

/** The header that the chosen certificate is compared with, or what it says of itself as a start. */
function fillEnvelope(entry) {
  const given = entry.header ?? entry.summary.certificate;
  for (const input of byId("envelope").querySelectorAll("input")) {
    input.value = given[input.name] ?? "";
  }
}

async function compare(header) {
  chosen.header = header;
  await judge(chosen);
  fillEnvelope(chosen);
  summarise();
  await look();
  chooseTab("findings", true);
}

/** All reports, each from a judgement in the language of the page. */
async function reports() {
  const made = [];
  for (const entry of entries) {
    made.push({ file: entry.name, report: await validator.judge(await bytesOf(entry), options(entry)) });
  }
  return made;
}

async function saveJson() {
  save("phytoval.json", "application/json", `${JSON.stringify(await reports(), null, 2)}\n`);
}

async function saveText() {
  const texts = (await reports()).map(({ file, report: made }) => reportText(file, made));
  save("phytoval.txt", "text/plain", texts.join("\n"));
}

function clear() {
  turn += 1;
  [entries, chosen, shown] = [[], undefined, undefined];
  byId("problems").replaceChildren();
  byId("detail").hidden = true;
  tell();
  summarise();
}

/** Speaks another language: its words, and its messages where the validator has them not yet. */
async function changeLanguage(wanted) {
  try {
    if (!spoken.has(wanted)) {
      const answer = await fetch(new URL(`messages/${wanted}.txt`, import.meta.url));
      if (!answer.ok) {
        throw new Error(`messages/${wanted}.txt: ${answer.status}`);
      }
      await validator.load(await answer.text());
      spoken.add(wanted);
    }
    await speak(wanted);
  } catch (error) {
    report(error.message);
    return;
  }
  document.documentElement.lang = wanted;
  document.dir = LANGUAGES[wanted].direction;
  document.title = say("title");
  byId("language").value = wanted;
  byId("rules").href = `rules/${wanted}.html`;
  label(document);
  for (const option of byId("profile").options) {
    option.textContent = PROFILES.includes(option.value) ? say(`profile-${option.value}`) : option.value;
  }
  tell(entries.length === 0 ? undefined : "judged", { count: number(entries.length) });
  summarise();
  if (chosen) {
    await look();
  }
}

function listen() {
  addEventListener("unhandledrejection", (event) => report(event.reason?.message ?? String(event.reason)));
  byId("language").addEventListener("change", (event) => changeLanguage(event.target.value));
  byId("profile").addEventListener("change", rejudge);
  byId("choose").addEventListener("click", () => byId("files").click());
  byId("files").addEventListener("change", async (event) => {
    const given = [...event.target.files].map((file) => ({ name: file.name, file }));
    // The same file may be chosen again once it was mended.
    event.target.value = "";
    await take(given);
  });
  byId("check").addEventListener("click", () => {
    const text = byId("paste").value;
    take([{ name: say("pasted"), file: new Blob([text]) }]);
  });
  for (const [name, action] of [["save-json", saveJson], ["save-text", saveText], ["clear", clear]]) {
    byId(name).addEventListener("click", action);
  }
  for (const tab of TABS) {
    byId(`tab-${tab}`).addEventListener("click", () => chooseTab(tab));
    byId(`tab-${tab}`).addEventListener("keydown", tabKey);
  }
  byId("envelope").addEventListener("submit", (event) => {
    event.preventDefault();
    compare(Object.fromEntries(new FormData(event.target)));
  });
  byId("envelope").addEventListener("reset", (event) => {
    event.preventDefault();
    compare(undefined);
  });
  listenForDrops();
}

/** Files may be dropped anywhere; a browser would leave the page for them otherwise. */
function listenForDrops() {
  const over = (is) => byId("input").classList.toggle("over", is);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  addEventListener("dragleave", (event) => event.relatedTarget || over(false));
  addEventListener("drop", async (event) => {
    event.preventDefault();
    over(false);
    try {
      await take(await dropped(event.dataTransfer));
    } catch (error) {
      report(error.message);
    }
  });
}

async function start() {
  for (const [code, { name }] of Object.entries(LANGUAGES)) {
    byId("language").append(element("option", { value: code, lang: code }, name));
  }
  byId("profile").append(...PROFILES.map((profile) => element("option", { value: profile })));
  listen();
  chooseTab("findings");
  await changeLanguage(preferred());
  // Kept for use without a network where the browser allows it: over https, or on this machine.
  await navigator.serviceWorker?.register(new URL("offline.js", import.meta.url)).catch(() => undefined);
}

await start();

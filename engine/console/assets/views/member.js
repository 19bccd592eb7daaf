// One member: how it is doing, how it is reached, what it may, and the changes of that.

import * as api from "../api.js";
import { choice, confirm, line, pem, upload } from "../dialog.js";
import { element } from "../elements.js";
import { age, count, country, day, percent, plural, span, text, time } from "../format.js";
import {
  badge, button, card, column, facts, heading, letters, link, number, quiet, said, table, tiles, wide,
} from "../parts.js";
import { breaker, clean, daysBadge, mode, overridden, pairs, state, trouble } from "./members.js";

export const member = {
  title: "Member",
  every: 5,
  async load({ rest: [code] }) {
    const list = await api.get("members", { code });
    return list.find((one) => one.code === code) ?? list[0];
  },
  draw(one, context) {
    return [
      heading(`${text(one.code)} ${one.name || country(one.code)}`, ...actions(one, context)),
      element("p", {}, link("#/members", "All members"), " · ",
        link(`#/envelopes?to=${encodeURIComponent(one.code)}`, "Envelopes to it"), " · ",
        link(`#/envelopes?from=${encodeURIComponent(one.code)}`, "Envelopes from it")),
      notes(one),
      figures(one),
      element("div", { class: "columns" }, settings(one, context), quality(one, context)),
      certificates(one, context),
      rules(one, context),
    ];
  },
};

function notes(one) {
  const list = trouble(one);
  return list.length === 0 ? "" : element("p", { class: "notice warning" }, `Needs a look: ${list.join(", ")}.`);
}

function figures(one) {
  return tiles([
    ["Queued", count(one.pending), `oldest ${span(one.oldest_age_seconds)}`],
    ["Parked", one.parked ? link("#/failed", count(one.parked)) : count(one.parked), "wait for an operator",
      one.parked && "warning"],
    ["Dwell p50", span(one.dwell_p50_seconds), dwellMeans(one)],
    ["Dwell p99", span(one.dwell_p99_seconds), dwellMeans(one)],
    ["Last success", age(one.last_success_at), ""],
    ["Last error", age(one.last_error?.at), one.last_error ? said(one.last_error.text) : ""],
  ]);
}

function dwellMeans({ dwell_hours: hours }) {
  return `from accepted to acknowledged${hours ? `, last ${hours} h` : ""}`;
}

function settings(one, { mayChange, refresh }) {
  const allowed = one.allow ?? [];
  const { url, trust, poison } = typeof one.delivery === "object" && one.delivery ? one.delivery : {};
  return card("Registry",
    facts([
      ["State", state(one)],
      ["Onboarding", element("span", {}, said(one.onboarding?.state),
        ...(one.onboarding?.let_in_at ? [", ", time(one.onboarding.let_in_at)] : []))],
      ["Receives", allowed.length === 0 ? "all documents" : allowed.join(", ")],
      ["Delivery", text(mode(one.delivery))],
      mode(one.delivery) === "push" && ["Its service", letters(url)],
      mode(one.delivery) === "push" && ["Known by", trusted(trust)],
      mode(one.delivery) === "push" && ["An envelope it does not take", poisons(poison)],
      one.breaker && ["Breaker", breaker(one) || one.breaker],
    ]),
    mayChange && element("div", { class: "actions" },
      button("Change documents", () => allow(one, refresh), { id: "allow" }),
      button("Change delivery", () => deliver(one, refresh), { id: "deliver" })));
}

function trusted(trust) {
  const words = typeof trust === "string" ? trust : trust?.pin ?? trust?.pinned ?? trust?.kind ?? "its authority";
  return letters(trust === undefined ? undefined : words);
}

function poisons(poison) {
  return { park: "is parked, those behind it go on", hold: "holds those behind it" }[poison] ?? text(poison);
}

function quality({ quality: given }, { redraw }) {
  const list = given?.rules ?? [];
  return card("Validation quality",
    element("p", {}, given?.judged ?
      `${percent(clean(given))} of ${plural(given.judged, "certificate")} that it sent were clean, since the hub `
      + "started." :
      "None of its certificates was judged since the hub started."),
    list.length === 0 ? "" : table({
      name: "quality", caption: "Broken rules", rows: list, redraw, empty: "",
      key: ({ rule, level }) => `${rule} ${level}`,
      columns: [
        wide("Rule", ({ rule }) => rule, (rule) =>
          element("a", { href: `check/rules/en.html#${rule}`, target: "_blank" }, text(rule))),
        column("Level", ({ level }) => level, levelBadge),
        number("Times", (row) => row.count),
      ],
    }));
}

export function levelBadge(level) {
  const word = text(level).toLowerCase();
  return badge(["severe", "warning", "info"].includes(word) ? word : "quiet", word);
}

function certificates(one, { mayChange, redraw, refresh }) {
  const columns = [
    wide("Subject", ({ subject }) => subject),
    column("Valid from", (certificate) => certificate.not_before, day),
    column("Valid until", (certificate) => certificate.not_after, day),
    {
      title: "Left", sort: (certificate) => certificate.days_left,
      cell: ({ days_left: days, status }) => [status === "not yet" ? badge("info", "not yet valid") :
        Number.isFinite(days) ? daysBadge(days) : text(status)],
    },
    { title: "SHA-256", wide: true, cell: ({ fingerprint }) => letters(fingerprint, "small break") },
  ];
  if (mayChange) {
    columns.push({
      title: "Change",
      cell: (certificate) => button("Revoke", () => revoke(one, certificate, refresh), {
        "aria-label": `Revoke ${text(certificate.subject)}`,
      }),
    });
  }
  return card("Certificates",
    table({
      name: "certificates", caption: "Certificates", rows: one.certificates ?? [], redraw, columns,
      key: ({ fingerprint }) => fingerprint,
      empty: "No certificate: the hub does not know this member's system yet.",
    }),
    mayChange && element("div", { class: "actions" },
      button("Add a certificate", () => addCertificate(one, refresh), { id: "add-certificate" })));
}

function rules({ rules: list = [], kind }, { redraw }) {
  if (kind === "channel") {
    return "";
  }
  const any = (value) => (value === undefined || value === null || value === 0 || value === "" ? "any" : String(value));
  return card("Rules about channels", list.length === 0 ? quiet("None.") : table({
    name: "rules", caption: "Rules about channels", rows: list, key: ({ id }) => id, redraw, empty: "",
    columns: [
      { title: "Rule", cell: ({ id }) => text(id) },
      { title: "Does", cell: (rule) => text(rule.kind) },
      { title: "Channel", cell: ({ channel }) => text(channel) },
      { title: "Direction", cell: ({ direction }) => text(direction) },
      { title: "Type", cell: (rule) => any(rule.type) },
      { title: "Status", cell: ({ status }) => any(status) },
      { title: "Other side", cell: ({ partner }) => any(partner) },
    ],
  }));
}

function actions(one, { mayChange, refresh }) {
  if (!mayChange) {
    return [];
  }
  return [one.active ? button("Deactivate", () => deactivate(one, refresh), { id: "deactivate" }) :
    button("Activate", () => activate(one, refresh), { id: "activate", class: "main" })];
}

function deactivate({ code, pending }, done) {
  confirm({
    title: `Deactivate ${code}?`,
    does: [`From the next request on ${code} can neither send nor be sent to; senders are told so.`,
      `What waits for it (${plural(pending, "envelope")}) stays and can still be fetched.`],
    action: `Deactivate ${code}`,
    isGrave: true,
    done,
    perform: async () => {
      await api.post("changes", { change: "deactivate", code });
      return `${code} is not active any more.`;
    },
  });
}

function activate({ code, certificates: list = [] }, done) {
  confirm({
    title: `Activate ${code}?`,
    does: [
      `From the next request on ${code} can send and be sent to.`,
      list.length === 0 ? "It has no certificate yet, so its system cannot connect until one is added." : "",
    ].filter(Boolean),
    fields: [
      upload("proof", "What its system has shown in the sandbox", {
        required: false, help: "The signed report (JSON). A member that was active before needs none.",
      }),
      line("reason", "Why it is let in without", { help: "It is audited." }),
    ],
    action: `Activate ${code}`,
    done,
    perform: async ({ proof, reason }) => {
      const shown = proof ? { proof: read(proof) } : {};
      await api.post("changes", { change: "activate", code, ...shown, ...overridden(reason) });
      return `${code} is active.`;
    },
  });
}

/** The document in a file that was chosen. */
function read({ file, content }) {
  try {
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))));
  } catch (error) {
    throw new Error(`${file} is no JSON: ${error.message}`);
  }
}

function allow({ code, allow: present = [] }, done) {
  confirm({
    title: `Documents that ${code} receives`,
    does: ["Envelopes of other documents are refused from the next request on. Those that wait already stay."],
    fields: [line("allow", "TYPE:STATUS pairs", {
      value: present.join(" "), help: "Such as 851:70 657:70, with spaces between; nothing for all documents.",
    })],
    action: "Change documents",
    done,
    perform: async ({ allow: given }) => {
      await api.post("changes", { change: "allow", code, allow: pairs(given) });
      return `${code} receives ${pairs(given).join(", ") || "all documents"}.`;
    },
  });
}

function deliver(one, done) {
  const { code } = one;
  const { url = "", trust, poison = "park" } = typeof one.delivery === "object" && one.delivery ? one.delivery : {};
  confirm({
    title: `How ${code} gets its envelopes`,
    does: [`With push, the hub calls ${code}'s own service; it may pull as well.`,
      "Nothing that waits is lost or doubled by the change."],
    fields: [
      choice("way", "Delivery", [["pull", "Pull: it asks for them"], ["push", "Push: the hub calls its service"]],
        { value: mode(one.delivery) }),
      line("url", "Its service (push)", { value: url, type: "url", placeholder: "https://service.example/path" }),
      line("pin", "SHA-256 of the service's certificate (push)", {
        value: /[0-9a-f]{64}/.exec(text(trust))?.[0],
        help: "64 hexadecimal digits; or leave it empty and give its authority below.",
      }),
      pem("authority", "Certificate of its authority, PEM (push)", { required: false }),
      choice("poison", "An envelope that the service refuses again and again (push)",
        [["park", "is parked; those behind it go on"], ["hold", "holds those behind it, so that the order stays"]],
        { value: poison }),
    ],
    action: "Change delivery",
    done,
    perform: async ({ way, url: to, pin, authority, poison: policy }) => {
      const change = way === "pull" ? { change: "pull", code } :
        { change: "push", code, url: to, poison: policy, ...(pin && { pin }), ...(authority && { authority }) };
      await api.post("changes", change);
      return way === "pull" ? `${code} pulls.` : `The hub pushes to ${code}.`;
    },
  });
}

function addCertificate({ code }, done) {
  confirm({
    title: `Add a certificate of ${code}`,
    does: [`Whoever has the key of this exact certificate acts for ${code} from the next request on.`,
      "Others stay valid beside it."],
    fields: [pem("pem", "Certificate, PEM", { help: "Only the certificate; never a key." })],
    action: "Add the certificate",
    done,
    perform: async ({ pem: given }) => {
      if (given.includes("PRIVATE KEY")) {
        throw new Error("This has a private key in it. It was not sent. Give the certificate alone.");
      }
      await api.post("changes", { change: "certificate_add", code, pem: given });
      return `The certificate was added to ${code}.`;
    },
  });
}

function revoke({ code, certificates: list = [] }, { fingerprint, subject }, done) {
  confirm({
    title: `Revoke a certificate of ${code}?`,
    does: [`“${subject}” does not act for ${code} any more, from the next request on, on open connections, too.`,
      list.length < 2 ? `It is ${code}'s only certificate: its system cannot connect after this.` : "",
      `SHA-256 ${fingerprint}`].filter(Boolean),
    action: "Revoke it",
    isGrave: true,
    done,
    perform: async () => {
      await api.post("changes", { change: "certificate_revoke", code, fingerprint });
      return `A certificate of ${code} was revoked.`;
    },
  });
}

// What did not arrive, in groups by destination and cause; what is parked can be delivered again.

import * as api from "../api.js";
import { confirm } from "../dialog.js";
import { element } from "../elements.js";
import { age, count, plural, text } from "../format.js";
import { badge, button, card, heading, letters, link, quiet, said } from "../parts.js";

/** What the kinds mean, those that wait for a person first. */
const KINDS = [
  ["parked", "Parked", "Their service refused them. They wait until they are redelivered, pulled or expired.",
    "warning"],
  ["failing", "Being tried", "Their delivery failed at least once and is tried again by itself.", "info"],
  ["failed", "Failed", "Nobody acknowledged them in time; their senders were told. Those of the last 14 days, "
    + "counted once a minute.", "severe"],
];

export const failed = {
  title: "Failed and parked",
  every: 5,
  load: () => api.get("failed"),
  draw(groups, context) {
    const others = groups.filter(({ kind }) => !KINDS.some(([known]) => known === kind));
    return [
      heading("Failed and parked"),
      groups.length === 0 ? card("", quiet("Nothing failed and nothing is parked.")) : "",
      ...KINDS.map(([kind, ...how]) => section(groups.filter((group) => group.kind === kind), ...how, context)),
      section(others, "Other", "", "quiet", context),
    ];
  },
};

function section(groups, title, meaning, level, context) {
  if (groups.length === 0) {
    return "";
  }
  const all = groups.reduce((sum, group) => sum + (group.count ?? 0), 0);
  return card(`${title}: ${count(all)}`, quiet(meaning), ...groups.map((group) => entry(group, level, context)));
}

function entry(group, level, context) {
  const { destination, cause, count: number, oldest_at: oldest, newest_at: newest, numbers = [] } = group;
  const mayRedeliver = context.mayChange && group.kind === "parked";
  const rest = number - numbers.length;
  return element("article", { class: "group", "data-key": `group ${group.kind} ${destination} ${cause}` },
    element("div", { class: "grouphead" },
      badge(level, count(number)),
      element("h3", {}, link(`#/member/${encodeURIComponent(destination)}`, text(destination)), " ", said(cause)),
      mayRedeliver ? button(number === 1 ? "Redeliver" : `Redeliver all ${count(number)}`, () => redeliver({
        destination, cause, title: `Redeliver ${plural(number, "envelope")} to ${destination}?`,
      }, context), { class: "main group-redeliver" }) : ""),
    oldest || newest ? element("p", { class: "quiet" }, "oldest ", age(oldest), ", newest ", age(newest)) : "",
    numbers.length === 0 ? "" : element("details", {},
      element("summary", {}, plural(numbers.length, "delivery number")),
      element("ul", { class: "numbers" }, ...numbers.map((one) => element("li", { "data-key": one },
        link(`#/envelope/${encodeURIComponent(one)}`, letters(one)),
        mayRedeliver ? button("Redeliver", () => redeliver({ numbers: [one], title: `Redeliver ${one}?` }, context), {
          class: "small", "aria-label": `Redeliver ${one}` }) : ""))),
      0 < rest ? quiet(`and ${count(rest)} more`) : ""));
}

/** Asks, and has envelopes delivered again: `numbers`, or all that are parked for a destination by a cause. */
export function redeliver({ title, numbers, destination, cause }, { refresh }) {
  confirm({
    title,
    does: [
      destination === undefined ? "" : `They were parked because: ${cause}`,
      "The hub calls the destination's service again, with the same delivery numbers.",
      "What it refuses again is parked again.",
    ].filter(Boolean),
    action: "Redeliver",
    done: refresh,
    perform: async () => {
      const asked = numbers ? { numbers } : { destination, cause };
      const { redelivered, not_parked: others = [] } = (await api.post("redeliver", asked)) ?? {};
      const done = Array.isArray(redelivered) ? redelivered.length : redelivered;
      const rest = others.length === 0 ? "" : ` Not parked any more: ${others.join(", ")}.`;
      return `${plural(done ?? 0, "envelope")} will be delivered again.${rest}`;
    },
  });
}

// The hub at a glance: what runs, what waits, what is wrong, over the last hour.

import { element } from "../elements.js";
import { age, bytes, count, figure, milliseconds, percent, plural, span, text, time } from "../format.js";
import { card, column, heading, link, number, problem, table, tiles } from "../parts.js";
import { plot } from "../plot.js";
import { firing } from "./alerts.js";
import * as api from "../api.js";

/** From this share on a capacity is worth a look, and is nearly used up. */
const [TIGHT, FULL] = [0.7, 0.9];

export const overview = {
  title: "Overview",
  every: 5,
  load: () => api.each({ alerts: api.get("alerts") }),
  draw({ alerts }, context) {
    const { state } = context;
    const list = alerts.value?.firing ?? [];
    if (state.totals === undefined) {
      // The hub did not say how it is: no figures are better than empty ones.
      return [heading("Overview"), problem(alerts.problem)];
    }
    return [
      heading("Overview"),
      problem(alerts.problem),
      list.length === 0 ? "" : card(`Firing: ${plural(list.length, "alert")}`, firing(list)),
      figures(state),
      element("div", { class: "plots" }, ...plots(state)),
      shards(state, context),
      element("p", { class: "quiet small" }, "All times are UTC. Counts are since the hub started, ",
        time(state.started_at), ", version ", text(state.version), "."),
    ];
  },
};

function figures({ totals = {}, capacity = {}, disk = {}, push = {} }) {
  const used = capacity.pending_used_fraction;
  const rate = share(capacity.rate_now, capacity.rate_proven);
  return tiles([
    ["Pending limit used", percent(used), capacity.pending_limit === undefined ? "" :
      `${count(totals.pending)} of ${count(capacity.pending_limit)} envelopes`, tone(used)],
    ["Rate against proven", percent(rate),
      element("span", {}, `peak ${figure(capacity.rate_peak)}/s `, age(capacity.rate_peak_at)), tone(rate)],
    ["Disk free", bytes(disk.free_bytes), `${disk.total_bytes === undefined ? "" : `of ${bytes(disk.total_bytes)}; `}`
      + `journal ${bytes(disk.journal_bytes)}, low water ${bytes(disk.low_water_bytes)}`, disk.low && "severe"],
    ["Parked", link("#/failed", count(totals.parked ?? push.parked)), "wait for an operator",
      totals.parked ? "warning" : ""],
    ["Breakers open", count(push.breakers_open), `of ${plural(push.destinations, "push destination")}`,
      push.breakers_open ? "severe" : ""],
    ["Delivered", count(totals.delivered), `of ${count(totals.accepted)} accepted; ${count(totals.failed)} failed, `
      + `${count(totals.refused)} refused`],
  ]);
}

function plots({ history = {}, totals = {}, capacity = {} }) {
  const points = history.points ?? [];
  const last = points.at(-1) ?? {};
  const one = (name, key) => [{ name, of: (point) => point[key] }];
  return [
    plot({
      title: "Rate", points, now: `${figure(capacity.rate_now ?? last.accepted_per_s)}/s`,
      lines: [...one("accepted", "accepted_per_s"), ...one("finished", "finished_per_s")],
    }),
    plot({ title: "Pending", points, now: count(totals.pending), lines: one("pending", "pending"), show: count }),
    plot({
      title: "Oldest undelivered", points, now: span(totals.oldest_age_seconds), show: span, isSpan: true,
      lines: one("oldest", "oldest_age_seconds"),
    }),
    plot({
      title: "Refusals and errors", points, now: `${figure(last.refused_per_s)}/s, ${figure(last.errors_per_s)}/s`,
      lines: [...one("refused", "refused_per_s"), ...one("errors", "errors_per_s")],
      level: 0 < last.errors_per_s ? "warning" : "",
    }),
    plot({
      title: "Sync time, p99", points, now: milliseconds(last.commit_p99_ms), show: milliseconds,
      lines: one("commit", "commit_p99_ms"),
    }),
    plot({
      title: "Connections", points, now: count(last.connections), lines: one("open", "connections"), show: count,
    }),
  ];
}

function shards({ shards: list = [] }, { redraw }) {
  const rows = table({
    name: "shards", caption: "Shards", rows: list, redraw, key: ({ id }) => id, empty: "The hub names no shards.",
    columns: [
      column("Shard", ({ id }) => id, text),
      number("Pending", ({ pending }) => pending),
      number("Tracks", ({ tracks }) => tracks),
      number("Segments", ({ segments }) => segments),
    ],
  });
  return element("details", { class: "card" }, element("summary", {}, `Shards (${list.length})`), rows);
}

const share = (part, whole) => (whole > 0 && part !== undefined ? part / whole : undefined);

function tone(fraction) {
  return fraction === undefined || fraction < TIGHT ? "" : fraction < FULL ? "warning" : "severe";
}

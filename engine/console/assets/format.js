// Values as people read them. What the hub does not send is "—", in one place.

import { now } from "./api.js";
import { element } from "./elements.js";

export const NONE = "—";

const isNone = (value) => value === undefined || value === null || Number.isNaN(value);

/** The first few words that a value is made of, each with what one of it holds in seconds. */
const SPANS = [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];

const BYTES = ["B", "KB", "MB", "GB", "TB", "PB"];

/** A text, or the sign for none. */
export function text(value) {
  return isNone(value) || value === "" ? NONE : String(value);
}

/** A whole number. */
export function count(value) {
  return isNone(value) ? NONE : Math.round(value).toLocaleString("en");
}

/** A figure of three digits that count. */
export function figure(value) {
  if (isNone(value)) {
    return NONE;
  }
  return value < 1_000 ? Number(value.toPrecision(3)).toLocaleString("en") : count(value);
}

/** A span of seconds, in its two largest units. */
export function span(seconds) {
  if (isNone(seconds)) {
    return NONE;
  }
  if (seconds < 1) {
    return seconds <= 0 ? "0 s" : `${figure(seconds * 1_000)} ms`;
  }
  if (seconds < 10) {
    return `${figure(seconds)} s`;
  }
  const largest = SPANS.findIndex(([, length]) => length <= seconds);
  let rest = Math.round(seconds);
  return SPANS.slice(largest, largest + 2).map(([unit, length]) => {
    const whole = Math.floor(rest / length);
    rest -= whole * length;
    return whole ? `${whole} ${unit}` : "";
  }).filter(Boolean).join(" ");
}

/** A span of seconds in its largest unit. */
export function rough(seconds) {
  if (isNone(seconds) || seconds < 10) {
    return span(seconds);
  }
  const [unit, length] = SPANS.find(([, length]) => length <= seconds);
  return `${Math.floor(seconds / length)} ${unit}`;
}

export function milliseconds(value) {
  return isNone(value) ? NONE : `${figure(value)} ms`;
}

export function percent(fraction) {
  if (isNone(fraction)) {
    return NONE;
  }
  const value = fraction * 100;
  return `${value !== 0 && value < 10 ? Number(value.toPrecision(2)) : Math.round(value * 10) / 10} %`;
}

export function bytes(value) {
  if (isNone(value)) {
    return NONE;
  }
  let [scaled, unit] = [value, 0];
  while (1_000 <= scaled && unit < BYTES.length - 1) {
    scaled /= 1_000;
    unit += 1;
  }
  return `${figure(scaled)} ${BYTES[unit]}`;
}

/** A moment in UTC, to the second. */
export function moment(stamp) {
  const time = Date.parse(stamp);
  return Number.isNaN(time) ? text(stamp) : new Date(time).toISOString().slice(0, 19).replace("T", " ");
}

/** A day in UTC. */
export function day(stamp) {
  return moment(stamp).slice(0, 10);
}

/** How long ago a moment is, or how far ahead. */
export function ago(stamp) {
  const time = Date.parse(stamp);
  if (Number.isNaN(time)) {
    return text(stamp);
  }
  const seconds = (now() - time) / 1_000;
  if (Math.abs(seconds) < 2) {
    return "now";
  }
  const length = rough(Math.round(Math.abs(seconds)));
  return seconds < 0 ? `in ${length}` : `${length} ago`;
}

/** A moment for a table: how long ago, with the moment itself for whoever points at it or asks for it. */
export function age(stamp) {
  return isNone(stamp) ? NONE : element("time", { datetime: stamp, title: `${moment(stamp)} UTC` }, ago(stamp));
}

/** A moment as such. */
export function time(stamp) {
  return isNone(stamp) ? NONE : element("time", { datetime: stamp, title: ago(stamp) }, moment(stamp));
}

/** One of something or several. */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** A country's name by the first two letters of a connection code; nothing where they are none. */
export function country(code) {
  const region = String(code ?? "").slice(0, 2);
  if (!/^[A-Z]{2}$/.test(region)) {
    return "";
  }
  return new Intl.DisplayNames(["en"], { type: "region", fallback: "none" }).of(region) ?? "";
}

// Plots of the last hour as SVG: lines over time, told in words, with a table for those who do not see them and a
// reading of the moment under the pointer (or of the arrow keys).

import { element } from "./elements.js";
import { figure, moment, NONE } from "./format.js";
import { on } from "./parts.js";

const NAMESPACE = "http://www.w3.org/2000/svg";

/** Units of the picture; text keeps its size on a narrow screen because the picture is narrower, too. */
const HEIGHT = 170;
const WIDE = 400;
const NARROW = 320;
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 10, 8, 22];

/** About so many lines across, about so many moments along. */
const LEVELS = 4;
const MOMENTS = { [WIDE]: 5, [NARROW]: 3 };

/** Steps between moments, in minutes. */
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 1_440];

const MINUTE = 60_000;

/** Steps between levels of what is measured in seconds, where those of ten would be odd. */
const SPANS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/**
 * A plot with its title and the figure of now. `lines` are `{ name, of(point) }`, `show` writes a value; `points` have
 * the moment `at`. A value that is not there interrupts its line. `isSpan` says that values are spans in seconds.
 */
export function plot({ title, now, lines, points, show = figure, level, isSpan }) {
  const heading = element("h3", {}, title);
  const current = element("p", { class: level ? `now ${level}` : "now" }, now);
  const named = lines.length < 2 ? "" : legend(lines);
  const at = points.map((point) => Date.parse(point.at));
  const seen = lines.flatMap((line) => points.map(line.of)).filter(Number.isFinite);
  if (points.length < 2 || seen.length === 0) {
    const nothing = element("p", { class: "quiet" }, "Nothing to plot yet; a point comes every few seconds.");
    return element("figure", { class: "plot", "data-key": `plot ${title}` }, heading, current, nothing);
  }
  const width = matchMedia("(max-width: 40rem)").matches ? NARROW : WIDE;
  const frame = scales(at, Math.max(...seen), width, isSpan);
  const picture = svg("svg", {
    viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", tabindex: "0", "aria-label": words(title, lines, points, show),
  }, ...axes(frame, show), ...lines.map((line, index) => drawn(line, index, points, at, frame, lines.length === 1)));
  const reading = svg("g", { "data-own": "" });
  picture.append(reading);
  read(picture, { lines, points, at, frame, show });
  return element("figure", { class: "plot", "data-key": `plot ${title}` }, heading, current, picture, named,
    asTable(title, lines, points, show));
}

function scales(at, most, width, isSpan) {
  const [first, last] = [at[0], at.at(-1)];
  const wanted = most / LEVELS || 1;
  const step = (isSpan && SPANS.find((length) => wanted <= length)) || nice(wanted);
  const top = Math.max(step, Math.ceil(most / step) * step);
  const inner = width - LEFT - RIGHT;
  return {
    first, last, step, top, width,
    x: (time) => LEFT + ((time - first) / (last - first || 1)) * inner,
    y: (value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM),
    time: (x) => first + ((x - LEFT) / inner) * (last - first),
  };
}

/** The next of 1, 2, 5, 10 … */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((factor) => value <= factor * power * 1.000_001);
}

function axes({ first, last, step, top, width, x, y }, show) {
  const parts = [];
  for (let value = 0; value <= top + step / 2; value += step) {
    const height = y(value).toFixed(1);
    parts.push(
      svg("path", { class: value === 0 ? "axis" : "grid", d: `M${LEFT} ${height}H${width - RIGHT}` }),
      svg("text", { class: "end", x: LEFT - 6, y: Number(height) + 4 }, show(Number(value.toPrecision(6)))));
  }
  const minutes = (last - first) / MINUTE / MOMENTS[width];
  const apart = (STEPS.find((length) => minutes <= length) ?? STEPS.at(-1)) * MINUTE;
  for (let time = Math.ceil(first / apart) * apart; time <= last; time += apart) {
    const place = x(time);
    if (LEFT + 12 < place && place < width - RIGHT - 12) {
      const words = moment(new Date(time)).slice(11, 16);
      parts.push(svg("text", { class: "middle", x: place.toFixed(1), y: HEIGHT - 6 }, words));
    }
  }
  return parts;
}

function drawn(line, index, points, at, { x, y }, isFilled) {
  let path = "";
  let area = "";
  let start;
  const close = (end) => {
    if (isFilled && start !== undefined) {
      area += `V${y(0)}H${x(start).toFixed(1)}Z`;
    }
    start = end;
  };
  points.forEach((point, place) => {
    const value = line.of(point);
    if (!Number.isFinite(value)) {
      close(undefined);
      return;
    }
    const spot = `${x(at[place]).toFixed(1)} ${y(value).toFixed(1)}`;
    path += `${start === undefined ? "M" : "L"}${spot}`;
    area += `${start === undefined ? "M" : "L"}${spot}`;
    start ??= at[place];
  });
  close(undefined);
  return svg("g", { class: `l${index}` }, isFilled ? svg("path", { class: "area", d: area }) : "",
    svg("path", { class: "line", d: path }));
}

/** Shows the values of the moment under the pointer, or of the one that the arrow keys chose. */
function read(picture, { lines, points, at, frame, show }) {
  const place = () => picture.querySelector("[data-own]");
  const showAt = (index) => {
    const point = points[index];
    const x = frame.x(at[index]);
    const values = lines.map((line) => `${lines.length < 2 ? "" : `${line.name} `}${value(line.of(point), show)}`);
    const texts = [`${moment(point.at).slice(11)} UTC`, ...values];
    const isRight = frame.width / 2 < x;
    const rows = texts.map((words, row) => svg("text", {
      class: isRight ? "end" : "", x: x + (isRight ? -8 : 8), y: TOP + 14 + row * 15,
    }, words));
    place().replaceChildren(svg("path", { class: "cross", d: `M${x.toFixed(1)} ${TOP}V${HEIGHT - BOTTOM}` }), ...rows);
    place().dataset.index = index;
  };
  on(picture, {
    pointermove: (event) => {
      const box = picture.getBoundingClientRect();
      const time = frame.time(((event.clientX - box.left) / box.width) * frame.width);
      const after = at.findIndex((moment) => time <= moment);
      showAt(after < 0 ? at.length - 1 : after);
    },
    pointerleave: () => place().replaceChildren(),
    keydown: (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) {
        event.preventDefault();
        const index = Number(place().dataset.index ?? at.length) + step;
        showAt(Math.min(Math.max(index, 0), at.length - 1));
      }
    },
  });
}

const value = (given, show) => (Number.isFinite(given) ? show(given) : NONE);

/** The plot for those who do not see it. */
function words(title, lines, points, show) {
  const told = lines.map((line) => {
    const values = points.map(line.of).filter(Number.isFinite);
    const name = lines.length < 2 ? "" : `${line.name}: `;
    return values.length === 0 ? `${name}no values` :
      `${name}from ${show(Math.min(...values))} to ${show(Math.max(...values))}, last ${show(values.at(-1))}`;
  });
  const [first, last] = [points[0], points.at(-1)].map((point) => moment(point.at).slice(11, 16));
  return `${title}, ${first} to ${last} UTC; ${told.join("; ")}`;
}

function legend(lines) {
  return element("ul", { class: "legend" }, ...lines.map((line, index) =>
    element("li", {}, element("span", { class: `sample l${index}`, "aria-hidden": "true" }), line.name)));
}

/** The values as a table, one a minute, made when it is opened. */
function asTable(title, lines, points, show) {
  const body = () => {
    const each = Math.max(1, Math.round(MINUTE / (Date.parse(points[1].at) - Date.parse(points[0].at))));
    const rows = points.filter((_, index) => (points.length - 1 - index) % each === 0).reverse();
    return element("table", {},
      element("caption", { class: "unseen" }, `${title}, one value a minute`),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Time (UTC)"),
        ...lines.map((line) => element("th", { scope: "col", class: "number" }, line.name)))),
      element("tbody", {}, ...rows.map((point) => element("tr", {},
        element("th", { scope: "row" }, moment(point.at).slice(11)),
        ...lines.map((line) => element("td", { class: "number" }, value(line.of(point), show)))))));
  };
  const place = element("div", {
    class: "scroll", tabindex: "0", role: "group", "aria-label": `${title} as a table`, "data-own": "",
  });
  const made = element("details", {}, element("summary", {}, "As a table"), place);
  return on(made, {
    toggle: (event) => {
      const own = event.currentTarget;
      own.querySelector("[data-own]").replaceChildren(...(own.open ? [body()] : []));
    },
  });
}

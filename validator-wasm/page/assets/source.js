// The text of a certificate with the places of its findings marked.

import { element } from "./elements.js";
import { number, say } from "./words.js";

/** A line longer than this is shown as one row for each element: systems write a certificate as a single line. */
const LONG_LINE = 300;

/** Text longer than this, an attachment for the most part, is shown by its beginning. */
const LONG_TEXT = 2_000;
const SHOWN_OF_LONG_TEXT = 200;

/** Pieces on the page at once: more would make a browser slow, and nobody reads them. */
const PIECES_MAX = 12_000;

/** Deepest indentation in characters. */
const INDENT_MAX = 24;

const TOKEN = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(?:"[^"]*"|'[^']*'|[^'"<>])*>|[^<]+|</g;

/** Indices in a string of sorted byte offsets of its UTF-8. */
export function indices(text, offsets) {
  const found = [];
  let index = 0;
  let bytes = 0;
  for (const offset of offsets) {
    while (bytes < offset && index < text.length) {
      const code = text.codePointAt(index);
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      index += 0xffff < code ? 2 : 1;
    }
    found.push(index);
  }
  return found;
}

/** Where each finding's mark begins and ends in `text`, in order, none overlapping another. */
export function places(text, findings) {
  const sorted = findings.map((finding, at) => ({ finding, at })).sort((a, b) => a.finding.offset - b.finding.offset);
  const starts = indices(text, sorted.map(({ finding }) => finding.offset));
  const marks = [];
  sorted.forEach(({ finding, at }, position) => {
    const start = starts[position];
    const last = marks.at(-1);
    if (last && (start < last.end || start === last.start)) {
      last.findings.push(at);
      last.level = worse(last.level, finding.level);
    } else {
      marks.push({ start, end: end(text, start), findings: [at], level: finding.level });
    }
  });
  return marks;
}

function worse(one, other) {
  const order = ["SEVERE", "WARNING", "INFO"];
  return order.indexOf(other) < order.indexOf(one) ? other : one;
}

/** Where what begins at `start` ends: a tag, a text up to the next tag, or what is left of a tag from there. */
function end(text, start) {
  if (text[start] === "<") {
    TOKEN.lastIndex = start;
    return start + TOKEN.exec(text)[0].length;
  }
  const rest = text.slice(start, start + LONG_TEXT);
  const inTag = text.lastIndexOf("<", start - 1) > text.lastIndexOf(">", start - 1);
  const found = inTag ? /^[^\s=>]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?/.exec(rest) : /^[^<]*[^<\s]/.exec(rest);
  return start + (found?.[0].length ?? 0);
}

/** The tokens of a text with the line that each begins in, and its depth. */
function tokens(text) {
  const found = [];
  let line = 1;
  let depth = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    const closes = token.startsWith("</");
    const opens = /^<[^!?/]/.test(token) && !token.endsWith("/>");
    if (closes) {
      depth = Math.max(0, depth - 1);
    }
    found.push({ token, line, depth, closes, tag: token.startsWith("<") });
    if (opens) {
      depth += 1;
    }
    line += token.split("\n").length - 1;
  }
  return found;
}

/** Shows a text in `pane`; `chosen(index)` is called with the finding of a mark that a person chooses. */
export class Source {
  #pane;
  #chosen;
  #text = "";
  #tokens = [];
  #marks = [];
  #lengths = [];
  #shown = [0, 0];

  constructor(pane, chosen) {
    this.#pane = pane;
    this.#chosen = chosen;
    const choose = (event) => {
      const mark = event.target.closest("mark");
      if (mark) {
        event.preventDefault();
        this.#chosen(Number(mark.dataset.finding));
      }
    };
    pane.addEventListener("click", choose);
    pane.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && choose(event));
  }

  show(text, findings) {
    this.#text = text;
    this.#tokens = tokens(text);
    this.#marks = places(text, findings);
    this.#lengths = text.split("\n").map((line) => line.length);
    this.#render(0);
  }

  /** Moves to the mark of a finding and shows that it is the one. */
  choose(finding) {
    const mark = this.#marks.find(({ findings }) => findings.includes(finding));
    if (!mark) {
      return;
    }
    const [start, end] = this.#shown;
    if (mark.start < start || end < mark.start) {
      this.#render(mark.start);
    }
    for (const made of this.#pane.querySelectorAll("mark")) {
      const is = Number(made.dataset.start) === mark.start;
      made.classList.toggle("chosen", is);
      if (is) {
        made.scrollIntoView({ block: "center", inline: "nearest" });
      }
    }
  }

  /** Shows as many tokens as a page may have, from a little before the index `from` on. */
  #render(from) {
    let first = 0;
    let start = 0;
    while (first < this.#tokens.length - 1 && start + this.#tokens[first].token.length <= from) {
      start += this.#tokens[first].token.length;
      first += 1;
    }
    for (let back = 0; back < PIECES_MAX / 2 && 0 < first && PIECES_MAX < this.#tokens.length; back += 1) {
      first -= 1;
      start -= this.#tokens[first].token.length;
    }
    if (this.#tokens.length <= PIECES_MAX) {
      [first, start] = [0, 0];
    }
    const shown = this.#tokens.slice(first, first + PIECES_MAX);
    const rows = new Rows(this.#lengths, shown[0]?.line ?? 1);
    let index = start;
    for (const token of shown) {
      rows.token(token);
      this.#pieces(rows, token.token, index);
      index += token.token.length;
    }
    this.#shown = [start, index];
    if (index === this.#text.length) {
      this.#endMark(rows, index);
    }
    this.#pane.replaceChildren();
    if (0 < start) {
      this.#pane.append(element("p", { class: "cut" }, say("source-before", { count: number(start) })));
    }
    this.#pane.append(rows.made);
    if (index < this.#text.length) {
      this.#pane.append(element("p", { class: "cut" }, say("source-after", { count: number(this.#text.length - index) })));
    }
  }

  /** Puts one token into the rows, cut where marks begin and end. */
  #pieces(rows, token, index) {
    const end = index + token.length;
    let at = index;
    for (const mark of this.#marksIn(index, end)) {
      rows.text(this.#text.slice(at, mark.start));
      at = Math.min(mark.end, end);
      rows.text(this.#text.slice(mark.start, at), mark);
    }
    rows.text(this.#text.slice(at, end));
  }

  /** The marks that begin in a part of the text. */
  #marksIn(start, end) {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      [low, high] = this.#marks[middle].start < start ? [middle + 1, high] : [low, middle];
    }
    const found = [];
    while (low < this.#marks.length && this.#marks[low].start < end) {
      found.push(this.#marks[low]);
      low += 1;
    }
    return found;
  }

  /** A finding at the very end, where something should still come. */
  #endMark(rows, index) {
    for (const mark of this.#marksIn(index, index + 1)) {
      rows.text("⟨⟩", mark);
    }
  }
}

/** Rows that are being made: one for each line, or for each element of a long line. */
class Rows {
  made = document.createDocumentFragment();
  #lengths;
  #line;
  #row;
  #afterTag = false;

  constructor(lengths, line) {
    this.#lengths = lengths;
    this.#line = line;
    this.#open(true, 0);
  }

  /** A token begins: in a long line elements get rows of their own. */
  token({ line, depth, closes, tag }) {
    const long = LONG_LINE < (this.#lengths[line - 1] ?? 0);
    if (long && tag && this.#afterTag && this.#row.childNodes.length !== 0) {
      this.#open(false, depth);
    }
    this.#afterTag = tag || closes;
  }

  /** Text as it is, in new rows after line ends; `mark` where it belongs to a finding. */
  text(text, mark) {
    text.split("\n").forEach((part, position) => {
      if (0 < position) {
        this.#line += 1;
        this.#open(true, 0);
      }
      if (part !== "" || mark) {
        this.#row.append(mark ? marked(short(part), mark) : short(part));
      }
    });
  }

  #open(numbered, depth) {
    this.#row = element("span", { class: `row in-${Math.min(depth, INDENT_MAX)}` });
    this.made.append(element("div", { "data-line": numbered ? this.#line : undefined }, this.#row));
  }
}

function marked(text, mark) {
  return element(
    "mark",
    {
      class: mark.level.toLowerCase(),
      "data-finding": mark.findings[0],
      "data-start": mark.start,
      role: "button",
      tabindex: 0,
    },
    text,
  );
}

function short(text) {
  if (text.length <= LONG_TEXT) {
    return text;
  }
  const left = number(text.length - SHOWN_OF_LONG_TEXT);
  return `${text.slice(0, SHOWN_OF_LONG_TEXT)} … ${say("source-more", { count: left })}`;
}

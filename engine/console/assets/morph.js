// Changes what is on the page into what it should be, and leaves what is the same: whoever types, reads, scrolls or has
// the focus in it is not disturbed when the figures change.

import { isShown } from "./elements.js";

/** Handlers that are taken over from the new element, since they know the new values. */
const HANDLERS = ["click", "submit", "input", "change", "keydown", "pointermove", "pointerleave", "toggle"]
  .map((name) => `on${name}`);

/** Attributes that belong to whoever looks at the page. */
const THEIRS = new Set(["open"]);

/** Makes the children of an element those that are given. */
export function fill(place, ...children) {
  const fresh = document.createElement(place.localName);
  fresh.append(...children.filter(isShown));
  morphChildren(place, fresh);
}

const keyOf = (node) => node.dataset?.key;

function isSame(old, fresh) {
  return old.nodeName === fresh.nodeName && keyOf(old) === keyOf(fresh);
}

function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) {
      old.data = fresh.data;
    }
    return;
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !THEIRS.has(name)) {
      old.setAttribute(name, value);
    }
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !THEIRS.has(name)) {
      old.removeAttribute(name);
    }
  }
  for (const handler of HANDLERS) {
    if (old[handler] !== fresh[handler]) {
      old[handler] = fresh[handler];
    }
  }
  // What an element says is its own it draws itself.
  if (!fresh.hasAttribute("data-own")) {
    morphChildren(old, fresh);
  }
}

function morphChildren(old, fresh) {
  const known = new Map([...old.childNodes].filter(keyOf).map((node) => [keyOf(node), node]));
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const found = known.get(keyOf(wanted));
    if (found && isSame(found, wanted)) {
      // Where two have one key, the second is made anew.
      known.delete(keyOf(wanted));
      if (found === at) {
        at = at.nextSibling;
      } else {
        old.insertBefore(found, at);
      }
      morph(found, wanted);
    } else if (at && isSame(at, wanted)) {
      const next = at.nextSibling;
      morph(at, wanted);
      at = next;
    } else {
      old.insertBefore(wanted, at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

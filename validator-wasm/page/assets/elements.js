// Elements of a page. Whatever comes from outside (a certificate, a member's name) goes in as text, never as markup.

/** Whether there is something to show; what a condition leaves (`false`, `null`) is nothing. */
export function isShown(child) {
  return child !== undefined && child !== null && child !== false && child !== "";
}

/** An element with attributes and children; text children are text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children.filter(isShown));
  return made;
}

/** A value from a certificate: its own direction must not turn the sentence around it. */
export function value(text, direction) {
  return element("bdi", { dir: direction }, text);
}

export function byId(id) {
  return document.getElementById(id);
}

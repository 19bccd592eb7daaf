// Elements of the page. Whatever comes from a certificate goes in as text, never as markup.

/** An element with attributes and children; text children are text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children.filter((child) => child !== undefined && child !== ""));
  return made;
}

/** A value from a certificate: its own direction must not turn the sentence around it. */
export function value(text, direction) {
  return element("bdi", { dir: direction }, text);
}

export function byId(id) {
  return document.getElementById(id);
}

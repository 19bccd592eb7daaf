// What the page says, in the language that was chosen. Each language is a file of its own, fetched when it is wanted.

/** Each with its name in itself, and the direction in which it is written. */
export const LANGUAGES = {
  en: { name: "English", direction: "ltr" },
  fr: { name: "Français", direction: "ltr" },
  es: { name: "Español", direction: "ltr" },
  ru: { name: "Русский", direction: "ltr" },
  ar: { name: "العربية", direction: "rtl" },
  zh: { name: "中文", direction: "ltr" },
};

let current = { language: "en", words: {} };
const fetched = new Map();

/** Makes a language the one that `say` uses. */
export async function speak(language) {
  if (!fetched.has(language)) {
    const answer = await fetch(new URL(`words/${language}.json`, import.meta.url));
    if (!answer.ok) {
      throw new Error(`words/${language}.json: ${answer.status}`);
    }
    fetched.set(language, await answer.json());
  }
  current = { language, words: fetched.get(language) };
}

/** The language that `say` uses. */
export function language() {
  return current.language;
}

/** The sentence of a key, with its placeholders filled. */
export function say(key, values = {}) {
  const sentence = current.words[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (placeholder, name) => String(values[name] ?? placeholder));
}

/** A number; with European digits in Arabic, too, since editors show places with these. */
export function number(value) {
  return new Intl.NumberFormat(`${current.language}-u-nu-latn`).format(value);
}

/** A country as people call it, with its code; just the code where it is not one. */
export function country(code) {
  if (!/^[A-Z]{2}$/.test(code)) {
    return code;
  }
  try {
    const name = new Intl.DisplayNames([current.language], { type: "region", fallback: "none" }).of(code);
    return name ? `${name} (${code})` : code;
  } catch {
    return code;
  }
}

/** Puts the words into every element that names one. */
export function label(root) {
  for (const element of root.querySelectorAll("[data-words]")) {
    element.textContent = say(element.dataset.words);
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
  }
}

/** The first language of the person's that the page has. */
export function preferred() {
  const saved = new URLSearchParams(location.search).get("lang");
  const wanted = [saved, ...navigator.languages].filter(Boolean).map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((tag) => tag in LANGUAGES) ?? "en";
}

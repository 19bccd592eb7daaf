// Nothing is changed without a dialogue that names what will happen. What the hub refuses is said in the dialogue.

import { forget, Refused } from "./api.js";
import { byId, element } from "./elements.js";
import { button, on, problem } from "./parts.js";

/** How long what was done stays written at the foot of the page. */
const SAID_MS = 12_000;

let silence;

/** Says what was done, to those who see the page and to those who hear it. */
export function say(sentence) {
  clearTimeout(silence);
  byId("said").replaceChildren(element("p", {}, sentence));
  silence = setTimeout(() => byId("said").replaceChildren(), SAID_MS);
}

/**
 * Asks before something is done. `does` are sentences that name what will happen, `fields` what is to be filled in,
 * `action` the button's words, `perform(values)` does it and gives the sentence that says so; `done` comes after it.
 */
export function confirm({ title, does, fields = [], action, isGrave, perform, done }) {
  const dialog = element("dialog", { "aria-labelledby": "dialog-title" });
  const problems = element("div", {});
  const cancel = button("Cancel", () => dialog.close());
  const act = element("button", { type: "submit", class: isGrave ? "main grave" : "main" }, action);
  const form = on(element("form", {},
    element("h2", { id: "dialog-title" }, title),
    ...does.map((sentence) => element("p", {}, sentence)),
    ...fields.map(({ label }) => label),
    problems,
    element("div", { class: "actions" }, act, cancel)), {
    submit: async (event) => {
      event.preventDefault();
      act.disabled = true;
      problems.replaceChildren();
      try {
        const given = fields.map(async ({ name, value }) => [name, await value()]);
        const values = Object.fromEntries(await Promise.all(given));
        const sentence = await perform(values);
        dialog.close();
        say(sentence);
        done?.();
      } catch (error) {
        if (error instanceof Refused && error.status === 401) {
          forget();
          location.reload();
        }
        problems.replaceChildren(problem(error.message));
        act.disabled = false;
      }
    },
  });
  dialog.append(form);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  // What cannot be undone easily is not one keystroke away.
  (fields[0]?.focus ?? (isGrave ? cancel : act)).focus();
}

/** A field of a line of text. */
export function line(name, title, { value = "", help, ...attributes } = {}) {
  return field(name, title, element("input", { name, value, autocomplete: "off", ...attributes }), help);
}

/** A field of several lines. */
export function lines(name, title, { value = "", help, ...attributes } = {}) {
  return field(name, title, element("textarea", { name, spellcheck: "false", ...attributes }, value), help);
}

/** A choice among `[value, words]`. */
export function choice(name, title, options, { value, help } = {}) {
  const made = options.map(([key, words]) => element("option", { value: key, selected: key === value }, words));
  return field(name, title, element("select", { name }, ...made), help);
}

/** A file of any kind; its value is `{ file, content }`, the name and the bytes in base64, if one was chosen. */
export function upload(name, title, { required = true, help } = {}) {
  const chosen = element("input", { name, type: "file", required });
  const read = () => chosen.files.length === 0 ? undefined : new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(new Error(`${chosen.files[0].name} cannot be read: ${reader.error.message}`));
    // A data URL; the bytes come after its comma.
    reader.onload = () => resolve({ file: chosen.files[0].name, content: reader.result.split(",")[1] ?? "" });
    reader.readAsDataURL(chosen.files[0]);
  });
  return { ...field(name, title, chosen, help), value: read };
}

/** A PEM that is pasted, or read from a file that is chosen. */
export function pem(name, title, { required = true, help } = {}) {
  const pasted = lines(name, title, { rows: "7", placeholder: "-----BEGIN CERTIFICATE-----", required, help });
  const chosen = on(element("input", { type: "file", accept: ".pem,.crt,.cer,text/plain" }), {
    change: async () => {
      const [file] = chosen.files;
      pasted.focus.value = file ? await file.text() : "";
    },
  });
  pasted.label.append(element("label", { class: "stack" }, "or choose its file", chosen));
  return pasted;
}

function field(name, title, input, help) {
  const label = element("div", { class: "stack" }, element("label", { class: "stack" }, title, input),
    help ? element("small", { class: "quiet" }, help) : "");
  return { name, label, focus: input, value: () => input.value.trim() };
}

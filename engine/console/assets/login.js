// Who looks at the console shows a token.

import * as api from "./api.js";
import { element } from "./elements.js";
import { on, problem, quiet } from "./parts.js";

/** Shows the form in `place`; `enter` gets who it is. */
export function login(place, sentence, enter) {
  const input = element("input", {
    id: "token", type: "password", autocomplete: "current-password", required: true, spellcheck: "false",
  });
  // For whoever lets a browser keep the token: it wants a name for it.
  const name = element("input", { type: "text", autocomplete: "username", value: "phytohub", hidden: true });
  const problems = element("div", { id: "login-problem" }, problem(sentence) ?? "");
  const submit = async (event) => {
    event.preventDefault();
    problems.replaceChildren();
    api.remember(input.value.trim());
    try {
      enter(await api.get("me"));
    } catch (error) {
      api.forget();
      problems.replaceChildren(problem(error.message));
      input.select();
    }
  };
  const form = on(element("form", { class: "card login" },
    element("h1", {}, "Log in"),
    problems,
    name,
    element("label", { class: "stack", for: "token" }, "Token"),
    input,
    quiet("The token of ", element("code", {}, "DIR/admin.token"), ", or one that ",
      element("code", {}, "phytohub operator add"), " printed. It stays in this tab until it is closed."),
    element("div", { class: "actions" }, element("button", { type: "submit", class: "main" }, "Log in"))), { submit });
  place.replaceChildren(form);
  input.focus();
}

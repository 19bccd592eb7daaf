// The validator, on a thread of its own, so that the page answers while it works.

import { init, load, moduleName, textOf, validate } from "./phytoval.js";

const ready = init(fetch(new URL(moduleName(), import.meta.url)));

const TASKS = {
  load: ({ text }) => load(text),
  judge: ({ content, options }) => validate(content, options),
  read: ({ content, options }) => ({ report: validate(content, options), text: textOf(content) }),
};

addEventListener("message", async ({ data: { id, task, ...given } }) => {
  try {
    await ready;
    postMessage({ id, answer: TASKS[task](given) });
  } catch (error) {
    // A trap leaves the module's memory as it was in the midst of work: it must not be used again.
    postMessage({ id, problem: error.message, broken: error instanceof WebAssembly.RuntimeError });
  }
});

// The validator as the rest of the page sees it: promises, and a new worker where one broke.

/** Texts that were loaded, in order, for the next worker. */
const loaded = [];
const waiting = new Map();
let worker;
let next = 0;

/** Loads a code list, a profile or messages, by the text of its file. */
export async function load(text) {
  await ask("load", { text });
  loaded.push(text);
}

/** The report on a certificate's bytes. */
export function judge(content, options) {
  return ask("judge", { content, options });
}

/** The report, and the text that was judged. */
export function read(content, options) {
  return ask("read", { content, options });
}

function ask(task, given) {
  worker ??= start();
  const id = next++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, task, ...given });
  });
}

function start() {
  const made = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  made.addEventListener("message", ({ data: { id, answer, problem, broken } }) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (broken) {
      fail(made, problem);
    }
    if (problem === undefined) {
      asked?.resolve(answer);
    } else {
      asked?.reject(new Error(problem));
    }
  });
  made.addEventListener("error", (event) => fail(made, event.message || "the validator did not start"));
  for (const text of loaded) {
    made.postMessage({ id: -1, task: "load", text });
  }
  return made;
}

function fail(broken, problem) {
  broken.terminate();
  if (worker === broken) {
    worker = undefined;
  }
  for (const { reject } of waiting.values()) {
    reject(new Error(problem));
  }
  waiting.clear();
}

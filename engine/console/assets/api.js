// What the console asks of the hub. The token stays in this tab and goes nowhere but into the header of a request.

const TOKEN = "phytohub-token";

/** An answer that takes longer is none. */
const PATIENCE_MS = 20_000;

/** The hub's clock minus this machine's, in milliseconds, as the last answer told it. */
let ahead = 0;

/** The hub answered and does not do what was asked; the message is its own sentence. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** There was no answer. */
export class Unreachable extends Error {}

export function token() {
  return sessionStorage.getItem(TOKEN);
}

export function remember(given) {
  sessionStorage.setItem(TOKEN, given);
}

export function forget() {
  sessionStorage.removeItem(TOKEN);
}

/** The time as the hub has it: ages do not depend on the clock of whoever looks. */
export function now() {
  return Date.now() + ahead;
}

/** GET of a path below `v1/`, with the parameters that have a value. */
export async function get(path, parameters = {}) {
  return (await ask("GET", address(path, parameters))).json();
}

/** As `get`, for an answer that is a file. */
export async function file(path, parameters = {}) {
  return (await ask("GET", address(path, parameters))).blob();
}

/** POST of a document to a path below `v1/`; what the hub says, if it says something. */
export async function post(path, body) {
  const text = await (await ask("POST", address(path, {}), body)).text();
  return text ? JSON.parse(text) : undefined;
}

/**
 * Asks for several things at once. One that the hub refuses is `{ problem }`, so that the others can be shown. Throws
 * only where there is no hub or no longer a right to ask.
 */
export async function each(wanted) {
  const names = Object.keys(wanted);
  const settled = await Promise.allSettled(Object.values(wanted));
  return Object.fromEntries(settled.map(({ value, reason }, index) => {
    if (reason && (!(reason instanceof Refused) || reason.status === 401)) {
      throw reason;
    }
    return [names[index], reason ? { problem: reason.message } : { value }];
  }));
}

function address(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(given).toString();
  return `v1/${path}${query ? `?${query}` : ""}`;
}

async function ask(method, path, body) {
  const headers = { Authorization: `Bearer ${token()}` };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    answer = await fetch(path, { method, headers, body: JSON.stringify(body), cache: "no-store", signal });
  } catch (error) {
    throw new Unreachable(`the hub did not answer to ${method} ${path}: ${error.message}`);
  }
  const date = Date.parse(answer.headers.get("Date"));
  if (!Number.isNaN(date)) {
    ahead = date - Date.now();
  }
  if (!answer.ok) {
    throw new Refused(answer.status, sentence(await answer.text(), `${method} ${path}`, answer.status));
  }
  return answer;
}

/** The hub's sentence; one of ours where it has none. */
function sentence(text, asked, status) {
  try {
    const { error } = JSON.parse(text);
    if (typeof error === "string" && error) {
      return error;
    }
  } catch {
    // Text that is no JSON is a sentence.
  }
  return text.trim() || `The hub answered ${status} to ${asked}; it may be of another version than this console.`;
}

/**
 * phytoval: judges electronic phytosanitary certificates, in browsers and in node.
 *
 *     import { init, moduleName, validate } from "./phytoval.js";
 *     await init(fetch(new URL(moduleName(), import.meta.url)));
 *     const report = validate(certificate, { language: "en" });
 *
 * The module is handed over by the caller; nothing here calls the network or reads a file.
 */

import start, { initSync, Instance, text } from "./phytoval_glue.js";

/**
 * A module of one function that uses an instruction on vectors: a runtime takes it only where it has them.
 * (type () -> v128) (func: i32.const 0, i8x16.splat)
 */
const WITH_VECTORS = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00,
  0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b,
);

/** The options that are one line of text each. */
const TEXTS = ["profile", "language"];

/** The fields of an envelope's header. */
const HEADER = ["from", "to", "number", "type", "status"];

/** Longest certificate in bytes, as in the module for other hosts: room for attachments, and far from what a page has. */
const CONTENT_BYTES_MAX = 64 * 1024 * 1024;

/** Whether the module is there. */
let started = false;

/** The validator that `validate` and `load` use. */
let common;

/** Name of the module's file that this runtime takes and that is the faster one there. */
export function moduleName() {
  return WebAssembly.validate(WITH_VECTORS) ? "phytoval-simd.wasm" : "phytoval.wasm";
}

/** Starts the validator with its module: a `Response`, bytes, a compiled module, or a promise of one of them. */
export async function init(module) {
  if (module === undefined) {
    throw new TypeError(`init needs the module: a Response, bytes or a WebAssembly.Module of ${moduleName()}`);
  }
  const given = await module;
  if (!startAtOnce(given)) {
    await start({ module_or_path: given });
  }
  started = true;
}

/**
 * Starts what needs no waiting for: V8 then compiles each function when it is first called, and not all of them first,
 * which makes the first verdict come three times as early. False where that cannot be done.
 */
function startAtOnce(module) {
  if (!(module instanceof WebAssembly.Module || module instanceof ArrayBuffer || ArrayBuffer.isView(module))) {
    return false;
  }
  try {
    initSync({ module });
    return true;
  } catch (problem) {
    // Some browsers compile nothing large at once outside of workers.
    if (problem instanceof RangeError) {
      return false;
    }
    throw problem;
  }
}

/** A validator of its own: what is loaded into it is seen by no other. */
export class Validator {
  #instance;

  constructor() {
    needStart();
    this.#instance = new Instance();
  }

  /** Puts a code list, a profile or messages in force, by the text of its file. */
  load(text) {
    const problem = this.#instance.load(text);
    if (problem !== "") {
      throw new Error(problem);
    }
  }

  /** The report on a certificate: a string, or its bytes. */
  validate(content, options = {}) {
    return this.#judge(content, options, "report");
  }

  /** The rows of the hub's ValidationResult. */
  rows(content, options = {}) {
    return this.#judge(content, options, "rows");
  }

  #judge(content, options, form) {
    const answer = this.#instance.judge(bytes(content), lines(options, form));
    // What is wrong with the call is told in words instead.
    if (!answer.startsWith("{")) {
      throw new Error(answer);
    }
    return JSON.parse(answer);
  }

  /** Gives the memory back at once; without it, the collector does so later. */
  free() {
    this.#instance.free();
  }
}

/** The report on a certificate, by a validator that all callers share. */
export function validate(content, options = {}) {
  common ??= new Validator();
  return common.validate(content, options);
}

/** Loads a code list, a profile or messages into the validator that all callers share. */
export function load(text) {
  common ??= new Validator();
  common.load(text);
}

/** The text that is judged, to which the positions of findings belong: what `content` is the base64 of, too. */
export function textOf(content) {
  needStart();
  return text(bytes(content));
}

function needStart() {
  if (!started) {
    throw new Error("call init with the module, and wait for it, before anything else");
  }
}

function bytes(content) {
  const found = typeof content === "string" ? new TextEncoder().encode(content) : view(content);
  if (CONTENT_BYTES_MAX < found.length) {
    throw new RangeError(`the certificate has ${found.length} bytes; at most ${CONTENT_BYTES_MAX} are judged`);
  }
  return found;
}

function view(content) {
  if (ArrayBuffer.isView(content)) {
    return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  }
  if (content instanceof ArrayBuffer) {
    return new Uint8Array(content);
  }
  throw new TypeError("a certificate is a string, an ArrayBuffer or a view of one");
}

function lines(options, form) {
  const found = [`form=${form}`];
  for (const [key, value] of Object.entries(options)) {
    if (key === "header") {
      found.push(...header(value));
    } else if (TEXTS.includes(key)) {
      found.push(line(key, value));
    } else {
      throw new TypeError(`there is no option '${key}': they are ${TEXTS.join(", ")}, header`);
    }
  }
  return found.filter((each) => each !== undefined).join("\n");
}

function header(value) {
  if (value === undefined) {
    return [];
  }
  const unknown = Object.keys(value).find((key) => !HEADER.includes(key));
  if (unknown !== undefined) {
    throw new TypeError(`the header has no '${unknown}': its fields are ${HEADER.join(", ")}`);
  }
  return HEADER.map((key) => line(key, value[key]));
}

/** One option as its line; nothing where it is left out. */
function line(key, value) {
  if (value === undefined) {
    return undefined;
  }
  if (/[\n\r]/.test(value)) {
    throw new TypeError(`the option '${key}' has more than one line`);
  }
  return `${key}=${value}`;
}

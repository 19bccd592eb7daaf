/** What `init` takes: the module's file as it comes from the network or a disk, or already compiled. */
export type Module = Response | BufferSource | WebAssembly.Module;

/** A certificate: text, or its bytes; also the base64 of either. */
export type Content = string | ArrayBuffer | ArrayBufferView;

/** The header of an envelope: what the certificate inside must agree with. */
export interface Header {
  /** Exporting country, ISO 3166 alpha-2. */
  from: string;
  /** Importing country, ISO 3166 alpha-2. */
  to: string;
  /** Number of the certificate. */
  number: string;
  /** Type of the certificate, as 851. */
  type: number;
  /** Status of the certificate, as 70. */
  status: number;
}

export interface Options {
  /** `ippc` (default), `lenient`, `strict`, or one that was loaded. */
  profile?: string;
  /** Language of sentences and hints; `en` (default), or one that was loaded. */
  language?: string;
  /** The header of the envelope that the certificate is in. */
  header?: Header;
}

export type Level = "SEVERE" | "WARNING" | "INFO";

export type Area = "MandatoryElements" | "Mapping" | "Schema";

/** `not-determined`: a bound was hit before the end, so nothing is known of the rest. */
export type Verdict = "clean" | "findings" | "not-determined";

/** A code list with its edition, a day as 2026-02-16. */
export interface List {
  name: string;
  edition: string;
}

export interface Finding {
  /** Stable id of the rule that is broken. */
  rule: string;
  level: Level;
  area: Area;
  /** Local names from the root, with a position from the second of a name on. */
  path: string;
  /** From 1. */
  line: number;
  /** In characters, from 1. */
  column: number;
  /** In bytes of the text that `textOf` gives, in UTF-8. */
  offset: number;
  /** What was found, shortened; empty where nothing is to be shown. */
  found: string;
  /** What was expected; the same in every language. */
  expected: string;
  /** The code list that was asked. */
  list: List | null;
  /** Codes of that list that look like the one found, the nearest first. */
  nearest: string[];
  /** What is wrong. */
  sentence: string;
  /** What to do. */
  hint: string;
  /** The clause or fact that the rule stems from. */
  source: string;
}

/** The report, as `report.schema.json` describes it. */
export interface Report {
  verdict: Verdict;
  severe: number;
  warnings: number;
  infos: number;
  /** Findings that were counted but are not listed. */
  more: number;
  profile: string;
  /** Edition of the rules. */
  rules: string;
  language: string;
  /** What the document says of itself, empty where it says nothing. */
  certificate: { number: string; type: string; status: string; from: string; to: string };
  findings: Finding[];
  lists: List[];
}

/** A row of the hub's ValidationResult. */
export interface Row {
  rule: string;
  area: Area;
  level: Level;
  field: string;
  message: string;
}

export interface Rows {
  verdict: Verdict;
  rows: Row[];
}

/** Name of the module's file that this runtime takes and that is the faster one there. */
export function moduleName(): "phytoval-simd.wasm" | "phytoval.wasm";

/** Starts the validator with its module. */
export function init(module: Module | Promise<Module>): Promise<void>;

/** A validator of its own: what is loaded into it is seen by no other. */
export class Validator {
  /** Throws an `Error` before `init` is done. */
  constructor();
  /** Puts a code list, a profile or messages in force, by the text of its file; throws an `Error` with the line. */
  load(text: string): void;
  /** Throws an `Error` where the options are wrong; whatever the certificate is, there is a report. */
  validate(content: Content, options?: Options): Report;
  /** The rows of the hub's ValidationResult. */
  rows(content: Content, options?: Options): Rows;
  /** Gives the memory back at once. */
  free(): void;
}

/** The report on a certificate, by a validator that all callers share. */
export function validate(content: Content, options?: Options): Report;

/** Loads a code list, a profile or messages into the validator that all callers share. */
export function load(text: string): void;

/** The text that is judged, to which the positions of findings belong. */
export function textOf(content: Content): string;

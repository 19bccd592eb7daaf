// A host in JavaScript with nothing but the standard interface: judges the certificate in a file and shows the report.
//
// node host.mjs phytoval.wasm certificate.xml
import { readFileSync } from "node:fs";

const [path, certificate] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(path));
// A fresh instance for each certificate; it needs nothing from its host.
const validator = new WebAssembly.Instance(module).exports;

function put(bytes) {
  // Numbers come with a sign.
  const buffer = validator.phytoval_allocate(bytes.length) >>> 0;
  if (buffer === 0) throw new Error("the certificate is too long");
  // Looked up each time: memory that has grown is another array.
  new Uint8Array(validator.memory.buffer, buffer, bytes.length).set(bytes);
  return buffer;
}

const options = new TextEncoder().encode("language=en\nprofile=ippc");
const status = validator.phytoval_judge(put(readFileSync(certificate)), put(options));
const start = validator.phytoval_answer() >>> 0;
const bytes = new Uint8Array(validator.memory.buffer, start, validator.phytoval_answer_length());
const answer = new TextDecoder().decode(bytes);
if (status !== 0) throw new Error(answer);
console.log(answer);

// V8's share of the comparison: the validator's module in node, in a new instance for each certificate and in one that
// is kept, and how long it takes from the module's bytes to the first verdict.
//
// Call: node node.mjs ROUNDS MODULE FILE...   Prints lines for each file: the work, a tab, its smallest time in microseconds.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parse } from "node:path";
import { fileURLToPath } from "node:url";

// Judgements after which V8 has compiled for speed whatever is worth it: it does so aside, function by function.
const WARM = 5000;

// Processes of which the quickest first verdict counts: in one process, V8 would find the module that it has compiled.
const PROCESSES = 20;

// In the place of ROUNDS: print what one process takes to the first verdict.
const ONCE = "once";

const [rounds, path, ...files] = process.argv.slice(2);
const bytes = readFileSync(path);

function judge(validator, certificate) {
  const buffer = validator.phytoval_allocate(certificate.length) >>> 0;
  new Uint8Array(validator.memory.buffer, buffer, certificate.length).set(certificate);
  if (validator.phytoval_judge(buffer, 0) !== 0) throw new Error("the module refused the call");
  return validator.phytoval_answer_length();
}

function best(times, work) {
  let least = Infinity;
  for (let round = 0; round < times; round += 1) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return Number((least * 1000).toFixed(2));
}

function first(certificate) {
  return best(1, () => judge(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports, certificate));
}

function firstOfProcesses(file) {
  const once = () => Number(execFileSync(process.execPath, [fileURLToPath(import.meta.url), ONCE, path, file]));
  return Math.min(...Array.from({ length: PROCESSES }, once));
}

if (rounds === ONCE) {
  console.log(first(readFileSync(files[0])));
  process.exit();
}

for (const file of files) {
  const certificate = readFileSync(file);
  const module = new WebAssembly.Module(bytes);
  const kept = new WebAssembly.Instance(module).exports;
  for (let round = 0; round < WARM; round += 1) judge(kept, certificate);
  const warm = best(Number(rounds), () => judge(kept, certificate));
  const fresh = best(Number(rounds) / 10, () => judge(new WebAssembly.Instance(module).exports, certificate));
  const name = parse(file).name;
  console.log(`${name}: phytoval in V8, instance kept\t${warm}`);
  console.log(`${name}: phytoval in V8, fresh instance\t${fresh}`);
  console.log(`${name}: phytoval in V8, from the module's bytes to the first verdict\t${firstOfProcesses(file)}`);
}

// libxml2 compiled to WebAssembly, from npm: parses certificates and validates them against the schema that libxml2.py
// writes.
//
// Call: node libxml2-wasm.mjs ROUNDS PACKAGES SCHEMA FILE...   PACKAGES is the folder with node_modules, SCHEMA the
// schema's folder. Prints lines for each file: the work, a tab, its smallest time in microseconds.
import { readFileSync } from "node:fs";
import { join, parse } from "node:path";
import { pathToFileURL } from "node:url";

const [rounds, packages, folder, ...files] = process.argv.slice(2);
const library = join(packages, "node_modules", "libxml2-wasm", "lib");
const { ParseOption, XmlDocument, XsdValidator } = await import(pathToFileURL(join(library, "index.mjs")));
const { xmlRegisterFsInputProviders } = await import(pathToFileURL(join(library, "nodejs.mjs")));

// The parts of the schema refer to one another by file name.
xmlRegisterFsInputProviders();
process.chdir(folder);
const schema = XmlDocument.fromBuffer(readFileSync("Certificate.xsd"), { url: "Certificate.xsd" });
const validator = XsdValidator.fromDoc(schema);

function best(times, work) {
  let least = Infinity;
  for (let round = 0; round < times; round += 1) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return Number((least * 1000).toFixed(2));
}

for (const file of files) {
  const content = readFileSync(file);
  const validated = best(Number(rounds), () => {
    const document = XmlDocument.fromBuffer(content, { option: ParseOption.XML_PARSE_HUGE });
    validator.validate(document);
    document.dispose();
  });
  console.log(`${parse(file).name}: libxml2-wasm in V8, parsed and validated by XSD\t${validated}`);
}
